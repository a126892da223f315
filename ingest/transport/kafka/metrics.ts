import { Counter, Gauge, type Registry } from 'prom-client'

/** Measures of the consumer. */
export type KafkaMetrics = ReturnType<typeof kafkaMetrics>

const PLACE = ['topic', 'partition'] as const

/** Registers the measures of the consumer. */
export function kafkaMetrics(registry: Registry) {
  const registers = [registry]
  const counter = (name: string, help: string) =>
    new Counter({ name: `sightline_kafka_${name}_total`, help, labelNames: PLACE, registers })
  return {
    lag: new Gauge({ name: 'sightline_kafka_lag_records', help: 'Records that wait in Kafka', labelNames: PLACE, registers }),
    buffered: new Gauge({
      name: 'sightline_kafka_buffered_bytes',
      help: 'Records that were fetched and not yet read',
      registers,
    }),
    records: counter('records', 'Records whose range was stored'),
    events: counter('events', 'Events in them'),
    letters: counter('dead_letters', 'Records among them that became dead letters'),
    unowned: counter('unowned_records', 'Records of the own topic that belong to nobody: unreadable, empty, or naming nobody'),
    replays: counter('replays', 'Ranges that were stored again for an earlier owner of the partition'),
    gaps: counter('gaps', 'Stretches of offsets that were gone before they were read'),
    rebalances: new Counter({ name: 'sightline_kafka_rebalances_total', help: 'Assignments by the consumer group', registers }),
    restarts: new Counter({
      name: 'sightline_kafka_restarts_total',
      help: 'Consumers that were started again',
      labelNames: ['reason'] as const,
      registers,
    }),
  }
}
