import { EdgeLabelRenderer, Handle, Position, type EdgeProps, type NodeProps } from '@xyflow/react'
import { count } from '../format.ts'
import { roundedPath, type Point } from './graph-layout.ts'

/** What an activity's box shows. */
export type ActivityData = { title: string; count: number; share: number; faded: boolean }
/** What a path shows: its course, its width and its label. */
export type PathData = {
  points: Point[]
  label: Point | undefined
  text: string
  width: number
  state: 'plain' | 'lit' | 'faded'
}

/** An activity: its name, how often, and a bar against the most frequent one. */
export function ActivityNode({ data }: NodeProps) {
  const { title, count: times, share, faded } = data as ActivityData
  return (
    <div className="graph-node" data-faded={faded}>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <span className="graph-node-title" title={title}>
        {title}
      </span>
      <span className="graph-node-count num">{count(times)}</span>
      <span className="graph-node-bar" style={{ width: `${Math.max(1, share * 100)}%` }} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  )
}

/** Where documents begin (ring) or stop (disc). */
export function EndNode({ data }: NodeProps) {
  const title = String(data['title'])
  return (
    <div className="graph-end" data-end={title}>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  )
}

const ARROW = 7

/** A path between two activities along the course that the layout found. */
export function PathEdge({ data, selected }: EdgeProps) {
  const { points, label, text, width, state } = data as PathData
  const [before, tip] = points.slice(-2)
  if (before === undefined || tip === undefined) return null
  const angle = Math.atan2(tip.y - before.y, tip.x - before.x)
  const size = ARROW + width * 0.6
  const back = { x: tip.x - Math.cos(angle) * size, y: tip.y - Math.sin(angle) * size }
  const wing = (side: number): string =>
    `${back.x + Math.cos(angle + (Math.PI / 2) * side) * size * 0.5} ${back.y + Math.sin(angle + (Math.PI / 2) * side) * size * 0.5}`
  const line = roundedPath([...points.slice(0, -1), back])
  return (
    <g className="graph-path" data-state={selected === true ? 'lit' : state}>
      <path d={line} fill="none" stroke="transparent" strokeWidth={16} />
      <path d={line} fill="none" className="graph-path-line" strokeWidth={width} />
      <path d={`M${tip.x} ${tip.y}L${wing(1)}L${wing(-1)}z`} className="graph-path-tip" />
      {label !== undefined && text !== '' && (
        <EdgeLabelRenderer>
          <span
            className="graph-label num"
            data-state={selected === true ? 'lit' : state}
            style={{ transform: `translate(-50%, -50%) translate(${label.x}px, ${label.y}px)` }}
          >
            {text}
          </span>
        </EdgeLabelRenderer>
      )}
    </g>
  )
}
