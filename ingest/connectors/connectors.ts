import { n8n } from './n8n.ts'
import type { Connector } from './port.ts'

/** Every connector, each one file. */
const CONNECTORS: readonly Connector[] = [n8n]

const byName: ReadonlyMap<string, Connector> = new Map(CONNECTORS.map((connector) => [connector.name, connector]))

/** The connector of a kind of source. */
export function connectorNamed(name: string): Connector | undefined {
  return byName.get(name)
}
