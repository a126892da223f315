/**
 * Bounds of the consumer. In the worst case – ClickHouse away, every topic full – it holds `bufferBytes` of records as they came, one
 * fetch beyond that for each broker, `replays` ranges on their way to be complete, and `blocks` ranges that are read.
 */
export const KAFKA_LIMITS = {
  /** A range ends at this many records or bytes, or when its first record has waited this long. */
  rangeRecords: 20_000,
  rangeBytes: 12 * 1024 * 1024,
  lingerMs: 200,
  /** Buffered records of one partition and of all, beyond which a partition is paused. */
  partitionBytes: 24 * 1024 * 1024,
  bufferBytes: 64 * 1024 * 1024,
  /** Ranges that are read, written or wait for it, in all partitions. */
  blocks: 3,
  /** Partitions that collect a range to be stored again, at once. */
  replays: 4,
  /** Bytes of one fetch, and of one partition in it, compressed. */
  fetchBytes: 16 * 1024 * 1024,
  fetchPartitionBytes: 4 * 1024 * 1024,
  fetchWaitMs: 250,
  /** Without a sign of life for so long another member takes over. */
  sessionMs: 10_000,
  /** A range that is stored is committed with the claim on the next one, or alone after this time. */
  settleMs: 400,
  /** How often bindings, topics and lag are looked at. */
  pollMs: 5000,
  /** Lag without progress for so long: the consumer is started again. */
  watchdogMs: 60_000,
  /** How long ranges under way may take when the process stops. */
  drainMs: 10_000,
} as const

export type KafkaLimits = { -readonly [K in keyof typeof KAFKA_LIMITS]: number }
