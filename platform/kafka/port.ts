/** One partition of a topic. */
export type TopicPartition = { topic: string; partition: number }

/** A record as it lies in a partition. */
export type KafkaRecord = {
  offset: number
  key: Buffer | null
  /** Null for a tombstone. */
  value: Buffer | null
  headers: Readonly<Record<string, string>>
  /** Milliseconds since 1970, as the producer or the broker stamped it. */
  timestamp: number
  /**
   * There where the batch cannot be read: the record stands for all from the offset `first` up to its own, and has neither key nor value.
   */
  unreadable?: { reason: string; first: number }
}

/** Records of one partition as one fetch brought them. */
export type FetchedRecords = TopicPartition & {
  /** Offset that was asked for: where it is not the one that was expected, the position was reset. */
  from: number
  records: KafkaRecord[]
  /** Where the next fetch begins once this one is taken. */
  next: number
  /** Offset after the newest record of the partition. */
  end: number
  /** Bytes of keys, values and headers. */
  bytes: number
}

/** What a group has committed for a partition. */
export type Committed = TopicPartition & {
  /** Next offset to read; null where nothing is committed. */
  offset: number | null
  metadata: string
}

/** First and end offset of a partition. */
export type Offsets = { partition: number; low: number; high: number }

/**
 * Membership in one generation of a consumer group. When the group rebalances the membership ends: its signal aborts, and everything that
 * is asked of it afterwards is refused or does nothing, whatever generation the client below has reached by then.
 */
export type Membership = {
  /** Number of the membership in this process, counted up. */
  generation: number
  /** Assigned partitions; all are paused until they are resumed. */
  partitions: readonly TopicPartition[]
  signal: AbortSignal
  /**
   * Commits an offset with metadata (up to 4096 bytes). Resolves when the broker has it.
   *
   * @throws Error when the membership has ended, or when the broker refused or did not answer: nothing is known then
   */
  commit(place: TopicPartition, offset: number, metadata: string): Promise<void>
  /** The next fetch of the partition begins at the offset. */
  seek(place: TopicPartition, offset: number): void
  pause(place: TopicPartition): void
  resume(place: TopicPartition): void
}

/** What a consumer is told. None may wait: fetching, and with it the heartbeat, goes on only after they return. */
export type ConsumerEvents = {
  onJoined(membership: Membership): void
  /** Whether the records are taken. What is not taken is fetched again. */
  onRecords(fetched: FetchedRecords): boolean
  /** Offsets that hold no record for a reader: transaction markers, compacted records. `next` is the offset after them. */
  onSkipped(place: TopicPartition, next: number): void
  /** The consumer ended by itself; it takes no more and must be opened again. Told once. */
  onEnded(error: Error): void
}

export type ConsumerOptions = {
  group: string
  topics: readonly string[]
  /** After this time without a heartbeat the group gives the partitions to others. */
  sessionMs: number
  /** How long a fetch waits for records. */
  waitMs: number
  /** Bytes of one fetch, of all partitions and of one, compressed. */
  fetchBytes: number
  partitionBytes: number
}

/** A running consumer. */
export type KafkaConsumer = {
  /** When it last fetched or sent a heartbeat, milliseconds. */
  lastSignOfLife(): number
  /** Leaves the group. Resolves when that is done, or after `withinMs`: what is left goes on in the background and tells nothing more. */
  close(withinMs: number): Promise<void>
}

/** A record to be sent. */
export type OutgoingRecord = { key: Buffer | null; value: Buffer | null; headers: Record<string, string | Buffer> }

export type KafkaProducer = {
  /**
   * Resolves when all in-sync replicas have the records (`acks=all`).
   *
   * @param partition all records go there; null spreads them by key
   * @throws Error where the broker refused them or did not answer in time: it may have them all the same
   */
  send(topic: string, partition: number | null, records: readonly OutgoingRecord[]): Promise<void>
  close(): Promise<void>
}

/**
 * All that the product asks of a Kafka client, so that the client can be exchanged. Every call may fail with the client's own errors when
 * no broker answers; callers try again.
 */
export type KafkaPort = {
  brokers: readonly string[]
  clusterId(): Promise<string>
  /** Names of all topics, without Kafka's own. */
  topics(): Promise<string[]>
  /** Ids of the incarnations of the topics by name; empty where the cluster does not tell them. */
  topicIds(): Promise<ReadonlyMap<string, string>>
  /** Creates a topic unless it exists, with three replicas where there are three brokers. */
  createTopic(topic: { name: string; partitions: number; config: Record<string, string> }): Promise<void>
  partitions(topic: string): Promise<number>
  committed(group: string, topics: readonly string[]): Promise<Committed[]>
  offsets(topic: string): Promise<Offsets[]>
  consume(options: ConsumerOptions, events: ConsumerEvents): Promise<KafkaConsumer>
  producer(options: { timeoutMs: number }): Promise<KafkaProducer>
  close(): Promise<void>
}
