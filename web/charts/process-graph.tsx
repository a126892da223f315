import '@xyflow/react/dist/base.css'
import { Controls, ReactFlow, type Edge, type Node } from '@xyflow/react'
import { useElementSize } from '@mantine/hooks'
import { useEffect, useMemo, useState } from 'react'
import type { ProcessMap } from '../../api/contract/process.ts'
import { compactCount, count, duration, shortDuration } from '../format.ts'
import { Loading } from '../parts/states.tsx'
import { layoutGraph, NODE, START, STOP, type Layout } from './graph-layout.ts'
import { ActivityNode, EndNode, PathEdge, type ActivityData, type PathData } from './graph-parts.tsx'

type MapNode = ProcessMap['nodes'][number]
type MapEdge = ProcessMap['edges'][number]

type Props = {
  nodes: readonly MapNode[]
  /** Where activities typically stand, so that paths back are drawn as such. */
  positions: ReadonlyMap<string, number>
  /** Paths to show, and all there are: a highlighted variant may need more than are shown. */
  edges: readonly MapEdge[]
  allEdges: readonly MapEdge[]
  highlight: readonly string[] | null
  label: 'count' | 'wait'
  name: (activity: string) => string
  picked: MapEdge | null
  onPick: (edge: MapEdge | null) => void
}

const NODE_TYPES = { activity: ActivityNode, end: EndNode }
const EDGE_TYPES = { path: PathEdge }
const HEIGHT = { least: 380, most: 980 }
/** Starts and ends below this share of the largest are not drawn. */
const END_SHARE = 0.04

const pairId = (from: string, to: string): string => `${from}\u0001${to}`

/** The directly-follows map: width says how often, the label how often or how long. */
export function ProcessGraph({ nodes, positions, edges, allEdges, highlight, label, name, picked, onPick }: Props) {
  const { ref, width: room } = useElementSize()
  const [layout, setLayout] = useState<{ of: readonly Path[]; layout: Layout }>()
  const lit = useMemo(
    () => new Set(highlight === null ? [] : highlight.slice(1).map((to, index) => pairId(highlight[index] ?? '', to))),
    [highlight],
  )
  const paths = useMemo(() => pathsOf({ nodes, edges, allEdges, lit, highlight }), [nodes, edges, allEdges, lit, highlight])
  useEffect(() => {
    let current = true
    const ids = [...new Set(paths.flatMap(({ from, to }) => [from, to]))]
    const position = (id: string): number => positions.get(id) ?? (id === START ? -1 : Number.MAX_SAFE_INTEGER)
    ids.sort((a, b) => position(a) - position(b))
    void layoutGraph(ids, paths).then((done) => current && setLayout({ of: paths, layout: done }))
    return () => {
      current = false
    }
  }, [paths, positions])
  if (layout === undefined || room === 0) {
    return (
      <div ref={ref}>
        <Loading height={HEIGHT.least} />
      </div>
    )
  }
  const { width, height } = layout.layout
  const frameHeight = Math.min(HEIGHT.most, Math.max(HEIGHT.least, height * Math.min(1, room / (width + 40)) + 40))
  const drawn = drawing({ layout, nodes, lit, highlight, label, name, picked })
  return (
    <div
      ref={ref}
      className="process-graph"
      role="group"
      aria-label="Process map. The table has the same figures."
      style={{ height: frameHeight }}
    >
      <ReactFlow
        key={`${layout.of.length} ${Math.round(frameHeight)}`}
        nodes={drawn.nodes}
        edges={drawn.edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        nodesDraggable={false}
        nodesConnectable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        fitView
        fitViewOptions={{ padding: 0.03, maxZoom: 1 }}
        minZoom={0.15}
        maxZoom={2}
        onEdgesChange={(changes) => {
          const chosen = changes.find((change) => change.type === 'select' && change.selected)
          if (chosen?.type === 'select') onPick(allEdges.find((edge) => pairId(edge.from, edge.to) === chosen.id) ?? null)
        }}
      >
        <Controls showInteractive={false} position="top-left" orientation="horizontal" />
      </ReactFlow>
    </div>
  )
}

type Path = { id: string; from: string; to: string; count: number; labelled: boolean; weight: number; wait: number | undefined }

function pathsOf({
  nodes,
  edges,
  allEdges,
  lit,
  highlight,
}: Pick<Props, 'nodes' | 'edges' | 'allEdges' | 'highlight'> & { lit: Set<string> }): Path[] {
  const wanted = new Set(edges)
  for (const edge of allEdges) if (lit.has(pairId(edge.from, edge.to))) wanted.add(edge)
  const largest = Math.max(1, ...[...wanted].map((edge) => edge.count))
  const weight = (size: number): number => Math.max(1, Math.round((size / largest) * 10))
  const between = [...wanted].map((edge): Path => ({
    id: pairId(edge.from, edge.to),
    from: edge.from,
    to: edge.to,
    count: edge.count,
    labelled: true,
    weight: weight(edge.count),
    wait: edge.median_wait_s,
  }))
  const present = new Set([...between.flatMap(({ from, to }) => [from, to]), ...(highlight ?? [])])
  const shown = nodes.filter(({ activity }) => present.has(activity))
  const most = (side: 'starts' | 'ends'): number => Math.max(1, ...shown.map((node) => node[side])) * END_SHARE
  const [fewStarts, fewEnds] = [most('starts'), most('ends')]
  const ends = shown.flatMap(({ activity, starts, ends: stops }): Path[] => [
    ...(starts >= fewStarts
      ? [
          {
            id: pairId(START, activity),
            from: START,
            to: activity,
            count: starts,
            labelled: false,
            weight: weight(starts),
            wait: undefined,
          },
        ]
      : []),
    ...(stops >= fewEnds
      ? [
          {
            id: pairId(activity, STOP),
            from: activity,
            to: STOP,
            count: stops,
            labelled: false,
            weight: weight(stops),
            wait: undefined,
          },
        ]
      : []),
  ])
  return [...between, ...ends]
}

type Drawing = Pick<Props, 'nodes' | 'highlight' | 'label' | 'name' | 'picked'> & {
  layout: { of: readonly Path[]; layout: Layout }
  lit: Set<string>
}

function drawing({ layout: { of, layout }, nodes, lit, highlight, label, name, picked }: Drawing): {
  nodes: Node[]
  edges: Edge[]
} {
  const counts = new Map(nodes.map((node) => [node.activity, node]))
  const largest = Math.max(1, ...of.map((path) => path.count))
  const busiest = Math.max(1, ...nodes.map((node) => node.count))
  const inVariant = new Set(highlight ?? [])
  const flowNodes = [...layout.nodes].map(([id, position]): Node => {
    if (id === START || id === STOP) {
      const title = id === START ? 'Begin' : 'End'
      return { id, type: 'end', position, data: { title }, width: 22, height: 22, focusable: false }
    }
    const node = counts.get(id)
    const data: ActivityData = {
      title: name(id),
      count: node?.count ?? 0,
      share: (node?.count ?? 0) / busiest,
      faded: highlight !== null && !inVariant.has(id),
    }
    return { id, type: 'activity', position, data, ...NODE, ariaLabel: `${data.title}, ${count(data.count)} times` }
  })
  const flowEdges = of.map((path): Edge => {
    const course = layout.edges.get(path.id)
    const isLit = lit.has(path.id)
    const text = path.wait === undefined ? '' : label === 'count' ? compactCount(path.count) : shortDuration(path.wait)
    const data: PathData = {
      points: course?.points ?? [],
      label: course?.label,
      text,
      width: 1 + 6 * Math.sqrt(path.count / largest),
      state: isLit ? 'lit' : highlight === null ? 'plain' : 'faded',
    }
    const between = `${path.from === START ? 'Begin' : name(path.from)} to ${path.to === STOP ? 'end' : name(path.to)}`
    return {
      id: path.id,
      source: path.from,
      target: path.to,
      type: 'path',
      data,
      focusable: path.wait !== undefined,
      selectable: path.wait !== undefined,
      selected: picked !== null && path.id === pairId(picked.from, picked.to),
      zIndex: isLit ? 1 : 0,
      ariaLabel: `${between}, ${count(path.count)} times${path.wait === undefined ? '' : `, median wait ${duration(path.wait)}`}`,
    }
  })
  return { nodes: flowNodes, edges: flowEdges }
}
