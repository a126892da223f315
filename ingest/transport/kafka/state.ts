import type { Instant } from '../../../model/instant.ts'
import type { RecordedGap } from '../../../platform/kafka/epochs.ts'
import type { BindingConflict, TopicBinding } from './bindings.ts'
import type { PartitionReader } from './partition.ts'

/** How the consumer is, for readiness and the page: answered from memory, whatever is away. */
export type KafkaState = {
  cluster: string | null
  /** A member of the group, or with nothing to read. */
  connected: boolean
  error: string | null
  as_of: Instant
  rebalances: number
  restarts: number
  partitions: PartitionState[]
  /** Topics that several sources name. */
  conflicts: BindingConflict[]
  /** Offsets that were gone before they were read, or whose records belong to nobody, the newest last. */
  gaps: (RecordedGap & { topic: string })[]
}

export type PartitionState = {
  /** Tenant and source that the topic is bound to; empty for the product's own topic. */
  tenant: string
  feed: string
  topic: string
  partition: number
  epoch: number
  committed: number | null
  end: number
  lag: number
  paused: boolean
  /** A range that an earlier owner claimed is being stored again. */
  replaying: boolean
  /** Records that were fetched and not yet read. */
  buffered: number
  last_progress_at: Instant
  error: string | null
}

/** How a partition is. `end` is what was last asked for, where that is newer than what was fetched. */
export function partitionState(reader: PartitionReader, binding: TopicBinding | undefined, end: number): PartitionState {
  const progress = reader.state()
  const last = Math.max(progress.end, end)
  return {
    tenant: binding?.owner?.tenantId ?? '',
    feed: binding?.owner?.id ?? '',
    ...reader.place,
    epoch: reader.epoch,
    committed: progress.committed,
    end: last,
    lag: Math.max(0, last - (progress.committed ?? progress.position)),
    paused: progress.paused,
    replaying: progress.replaying,
    buffered: progress.buffered,
    last_progress_at: progress.last_progress_at,
    error: progress.error,
  }
}

/** By topic and partition. */
export function byPlace(a: PartitionState, b: PartitionState): number {
  return a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1
}
