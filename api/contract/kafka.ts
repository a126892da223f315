import { z } from 'zod'

/** How the consumers of Kafka stand; known while the event store is away. */
export const KafkaState = z
  .object({
    configured: z.boolean().describe('false where no process of the installation reads Kafka'),
    connected: z.boolean(),
    error: z.string().nullable().describe('for credentials of the whole installation'),
    as_of: z.string().nullable(),
    rebalances: z.int(),
    restarts: z.int().describe('consumers that were started again'),
    partitions: z
      .array(
        z.object({
          feed: z.string().describe('source that the topic is bound to; empty for the product’s own topic'),
          topic: z.string(),
          partition: z.int(),
          committed: z.int().nullable().describe('offset up to which everything is stored; null before the first range'),
          end: z.int(),
          lag: z.int().describe('records that wait'),
          state: z
            .enum(['reading', 'waiting', 'replaying', 'paused'])
            .describe(
              'waiting: records wait and none has been stored for a while; replaying: a range of an earlier reader is stored again',
            ),
          last_progress_at: z.string().nullable(),
          error: z.string().nullable(),
        }),
      )
      .describe('of the tenant’s own sources; the product’s own topic for credentials of the whole installation'),
    gaps: z
      .array(z.object({ topic: z.string(), partition: z.int(), from: z.int(), to: z.int(), reason: z.string(), at: z.string() }))
      .describe('offsets that were gone before they were read, or whose records belong to nobody'),
  })
  .meta({ id: 'KafkaState' })
export type KafkaState = z.output<typeof KafkaState>
