import { type Attributes, attribute, valueText } from './telemetry.ts'

/** Finds the tenant's system that a name means; null where none does. */
export type Resolver = (name: string) => { system: string; class: string } | null

export type Found = { system: string; class: string }

/** What a span says of the system at its other end. */
export type Peer = {
  /** `app.system`: stands above all else. */
  told: string
  /** Whether it calls out; the others are work of the service itself. */
  outward: boolean
  service: string
  peer: string
  address: string
  port: string
  url: string
  /** What carries it: kafka, rabbitmq, postgresql, openai. */
  carrier: string
  carrierClass: string
}

/** The service that reports: `service.name`, else what it runs in. */
export function serviceOf(resource: Attributes): string {
  for (const key of [
    'service.name',
    'k8s.deployment.name',
    'k8s.statefulset.name',
    'k8s.container.name',
    'container.name',
    'host.name',
  ]) {
    const value = attribute(resource, key)
    if (typeof value === 'string' && value !== '') return value
  }
  return valueText(attribute(resource, 'service.instance.id')) || 'unknown_service'
}

const GATEWAY =
  /(?:^|[-_. ])(?:api[-_ ]?gateway|api[-_]?gw|kong|apigee|traefik|envoy|tyk|apisix|krakend|zuul|istio-ingressgateway|ingress-nginx)(?:[-_. :]|$)|^gateway$/iu
const WORKFLOW = /^(?:n8n|camunda|zeebe|temporal|airflow|conductor)(?:[-_. ]|$)/iu

/** The class of a system that no registry knows, where its name tells; empty otherwise. */
function guessedClass(name: string): string {
  return GATEWAY.test(name) ? 'gateway' : WORKFLOW.test(name) ? 'workflow' : ''
}

/** Which system a span is about: the one that it calls, or the service itself. Names that the registry knows go before those that it does not. */
export function systemOf(peer: Peer, resolve: Resolver): Found {
  if (peer.told !== '') return resolve(peer.told) ?? { system: peer.told, class: guessedClass(peer.told) }
  if (!peer.outward) return resolve(peer.service) ?? { system: peer.service, class: guessedClass(peer.service) }
  const host = peer.address !== '' ? peer.address : hostOf(peer.url)
  const withPort = peer.port !== '' && host !== '' ? `${host}:${peer.port}` : ''
  for (const name of [peer.peer, withPort, host, host.replace(/:\d+$/u, ''), peer.carrier]) {
    const known = name === '' ? null : resolve(name)
    if (known !== null) return known
  }
  const name = peer.peer || peer.carrier || host || peer.service
  return { system: name, class: guessedClass(name) || (name === peer.carrier ? peer.carrierClass : '') }
}

function hostOf(url: string): string {
  const start = url.indexOf('://')
  if (start < 0) return ''
  const [authority = ''] = url.slice(start + 3).split(/[/?#]/u, 1)
  return authority.slice(authority.lastIndexOf('@') + 1)
}
