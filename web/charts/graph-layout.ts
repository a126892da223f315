import elkApi, { type ELK, type ElkExtendedEdge, type ElkNode } from 'elkjs/lib/elk-api.js'
import ElkWorker from 'elkjs/lib/elk-worker.min.js?worker'

/** Size that a node takes, in pixels. */
export const NODE = { width: 172, height: 40 }
const END = { width: 22, height: 22 }
const LABEL = { width: 62, height: 18 }

/** Ids of the two added nodes: where documents begin and where they stop. */
export const START = '\u0000start'
export const STOP = '\u0000stop'

/** A point in the drawing. */
export type Point = { x: number; y: number }
/** A drawing: node corners, edge courses and label corners, and the size of it all. */
export type Layout = {
  nodes: Map<string, Point>
  edges: Map<string, { points: Point[]; label: Point | undefined }>
  width: number
  height: number
}

type Link = { id: string; from: string; to: string; labelled: boolean; weight: number }

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.edgeRouting': 'POLYLINE',
  'elk.layered.spacing.nodeNodeBetweenLayers': '13',
  'elk.spacing.nodeNode': '26',
  'elk.spacing.edgeNode': '16',
  'elk.spacing.edgeEdge': '12',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.cycleBreaking.strategy': 'MODEL_ORDER',
  'elk.edgeLabels.inline': 'true',
}

let elk: ELK | undefined

/** Lays a directed graph out in layers, top down; runs in a worker. */
export async function layoutGraph(ids: readonly string[], links: readonly Link[]): Promise<Layout> {
  elk ??= new elkApi.default({ workerFactory: () => new ElkWorker() })
  const graph: ElkNode = {
    id: 'root',
    layoutOptions: OPTIONS,
    children: ids.map((id) => ({
      id,
      ...(id === START || id === STOP ? END : NODE),
      ...(id === START ? { layoutOptions: { 'elk.layered.layering.layerConstraint': 'FIRST' } } : {}),
      ...(id === STOP ? { layoutOptions: { 'elk.layered.layering.layerConstraint': 'LAST' } } : {}),
    })),
    edges: links.map(({ id, from, to, labelled, weight }) => ({
      id,
      sources: [from],
      targets: [to],
      labels: labelled ? [{ text: id, ...LABEL }] : [],
      layoutOptions: { 'elk.layered.priority.straightness': String(weight), 'elk.layered.priority.direction': String(weight) },
    })),
  }
  const done = await elk.layout(graph)
  return {
    nodes: new Map((done.children ?? []).map(({ id, x = 0, y = 0 }) => [id, { x, y }])),
    edges: new Map((done.edges ?? []).map((edge) => [edge.id, { points: course(edge), label: labelCorner(edge) }])),
    width: done.width ?? 0,
    height: done.height ?? 0,
  }
}

function course({ sections = [] }: ElkExtendedEdge): Point[] {
  return sections.flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint])
}

function labelCorner({ labels = [] }: ElkExtendedEdge): Point | undefined {
  const label = labels[0]
  return label === undefined ? undefined : { x: (label.x ?? 0) + LABEL.width / 2, y: (label.y ?? 0) + LABEL.height / 2 }
}

/** An SVG path through points, its corners rounded. */
export function roundedPath(points: readonly Point[]): string {
  const [first, ...rest] = points
  if (first === undefined) return ''
  let path = `M${first.x} ${first.y}`
  for (const [index, point] of rest.entries()) {
    const next = rest[index + 1]
    if (next === undefined) path += `L${point.x} ${point.y}`
    else {
      const before = towards(point, points[index] ?? point)
      const after = towards(point, next)
      path += `L${before.x} ${before.y}Q${point.x} ${point.y} ${after.x} ${after.y}`
    }
  }
  return path
}

const CORNER = 22

function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const share = length === 0 ? 0 : Math.min(0.5, CORNER / length)
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share }
}
