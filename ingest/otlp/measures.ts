import { type Attributes, attribute, valueText } from './telemetry.ts'

/** What metrics of the Collector's receivers, of Prometheus exporters and of queue libraries measure, by their names. */
const NAMES: Readonly<Record<string, string>> = {
  consumer_lag:
    'kafka.consumer_group.lag kafka_consumergroup_lag kafka.consumer.records_lag kafka.consumer.records-lag messaging.kafka.consumer.lag ' +
    'kafka_consumer_fetch_manager_records_lag',
  consumer_lag_max: 'kafka.consumer.records_lag_max kafka.consumer.records-lag-max kafka_consumer_records_lag_max',
  consumer_lag_sum: 'kafka.consumer_group.lag_sum kafka_consumergroup_lag_sum',
  queue_depth:
    'rabbitmq.message.current rabbitmq_queue_messages rabbitmq_queue_messages_ready activemq.message.current activemq.queue.size ' +
    'amazonaws.com/AWS/SQS/ApproximateNumberOfMessagesVisible aws.sqs.approximate_number_of_messages_visible servicebus.messages.active ' +
    'messaging.queue.depth queue.depth queue_depth queue.size bullmq.queue.waiting bull_queue_waiting n8n_scaling_mode_queue_jobs_waiting ' +
    'artemis.message.count ibm_mq.queue.depth mq.queue.depth celery.queue.length',
  queue_active: 'n8n_scaling_mode_queue_jobs_active bullmq.queue.active rabbitmq_queue_messages_unacked',
  queue_failed: 'n8n_scaling_mode_queue_jobs_failed bullmq.queue.failed',
  dropped: 'rabbitmq.message.dropped activemq.message.expired',
  consumers: 'rabbitmq.consumer.count rabbitmq_queue_consumers activemq.consumer.count kafka.consumer_group.members',
  restarts: 'k8s.container.restarts container.restarts kube_pod_container_status_restarts_total',
  ready: 'k8s.container.ready kube_pod_container_status_ready',
  pod_phase: 'k8s.pod.phase',
  replicas_available:
    'k8s.deployment.available k8s.deployment.available_pods k8s.statefulset.ready_pods kube_deployment_status_replicas_available',
  replicas_desired:
    'k8s.deployment.desired k8s.deployment.desired_pods k8s.statefulset.desired_pods kube_deployment_spec_replicas',
  connections:
    'redis.clients.connected redis_connected_clients postgresql.backends pg_stat_activity_count mysql.connection.count ' +
    'db.client.connection.count db.client.connections.usage',
  connections_max: 'redis.maxclients postgresql.connection.max mysql.connection.max db.client.connection.max',
  clients_blocked: 'redis.clients.blocked redis_blocked_clients',
  memory:
    'redis.memory.used redis_memory_used_bytes container.memory.usage.total container.memory.usage k8s.pod.memory.usage ' +
    'k8s.pod.memory.working_set k8s.container.memory.usage container.memory.working_set rabbitmq.node.mem_used process.memory.usage',
  memory_ratio: 'container.memory.percent k8s.container.memory_limit_utilization k8s.pod.memory_limit_utilization',
  memory_max: 'redis.maxmemory redis_memory_max_bytes container.memory.usage.limit k8s.container.memory_limit',
  cpu: 'container.cpu.utilization container.cpu.usage k8s.pod.cpu.usage k8s.pod.cpu.utilization k8s.container.cpu.usage process.cpu.utilization',
  evictions: 'redis.keys.evicted redis_evicted_keys_total',
  keys: 'redis.db.keys',
  replication_lag:
    'postgresql.replication.data_delay postgresql.wal.delay postgresql.wal.lag redis.replication.backlog_first_byte_offset pg_replication_lag',
  deadlocks: 'postgresql.deadlocks pg_stat_database_deadlocks',
  rollbacks: 'postgresql.rollbacks pg_stat_database_xact_rollback',
  size: 'postgresql.db_size pg_database_size_bytes postgresql.table.size',
  under_replicated: 'kafka.partition.replicas_in_sync kafka_topic_partition_under_replicated_partition',
  latency:
    'http.client.request.duration http.server.request.duration rpc.client.duration rpc.client.call.duration messaging.client.operation.duration ' +
    'messaging.process.duration db.client.operation.duration',
  active_requests: 'http.server.active_requests http.client.active_requests',
}

const MEASURES = new Map(
  Object.entries(NAMES).flatMap(([measure, names]) => names.split(' ').map((name) => [name, measure] as const)),
)

/** What a metric means to us: `queue_depth`, `consumer_lag`, `restarts` …; empty when nothing known. */
export function measureOf(name: string): string {
  return MEASURES.get(name) ?? ''
}

/** Where a point tells which thing it is about: the first of these that it or its resource has. */
const RESOURCE_KEYS = [
  'messaging.destination.name',
  'rabbitmq.queue.name',
  'queue',
  'queue_name',
  'queue.name',
  'topic',
  'k8s.container.name',
  'k8s.pod.name',
  'k8s.deployment.name',
  'k8s.statefulset.name',
  'container.name',
  'pod',
  'container',
  'postgresql.table.name',
  'postgresql.database.name',
  'db.namespace',
  'database',
  'datname',
  'db',
  'k8s.node.name',
  'container.id',
  'redis.instance',
  'server.address',
  'http.route',
  'host.name',
] as const

/** The queue, topic, container, pod or database that a point is about; a topic is named with its consumer group. */
export function resourceOf(attributes: Attributes, resource: Attributes): string {
  for (const key of RESOURCE_KEYS) {
    const found = valueText(attribute(attributes, key)) || valueText(attribute(resource, key))
    if (found === '') continue
    const group = valueText(attribute(attributes, 'group')) || valueText(attribute(attributes, 'consumergroup'))
    const pod = key === 'k8s.container.name' ? valueText(attribute(resource, 'k8s.pod.name')) : ''
    if (key === 'topic' && group !== '') return `${found} (${group})`
    return pod === '' ? found : `${pod}/${found}`
  }
  return valueText(attribute(attributes, 'group'))
}

/** Technologies whose receivers name no service: the first part of the metric's name tells the system. */
const PREFIXES: Readonly<Record<string, string>> = {
  kafka: 'kafka',
  rabbitmq: 'rabbitmq',
  activemq: 'activemq',
  redis: 'redis',
  postgresql: 'postgresql',
  pg: 'postgresql',
  mysql: 'mysql',
  mongodb: 'mongodb',
  k8s: 'kubernetes',
  kube: 'kubernetes',
}

/** The system that the name of a metric tells; empty where it tells none. */
export function systemOfMetric(name: string): string {
  return PREFIXES[/^[a-z0-9]+/u.exec(name)?.[0] ?? ''] ?? ''
}
