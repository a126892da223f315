import { SYSTEMS } from './case.ts'
import type { World } from './world.ts'

/** A system as a tenant registers it. */
type Registered = {
  id: string
  name: string
  class: string
  owner: string
  vendor: string
  runbook_url: string | null
  link_template: string | null
}

const NAMES: Readonly<Record<string, [string, string]>> = {
  'sap-eu': ['SAP Europe', 'SAP'],
  'sap-us': ['SAP Americas', 'SAP'],
  'oracle-health': ['Oracle Fusion', 'Oracle'],
  netsuite: ['NetSuite', 'Oracle'],
  d365: ['Dynamics 365', 'Microsoft'],
  sage: ['Sage Intacct', 'Sage'],
  n8n: ['n8n', 'n8n'],
  taxgate: ['Tax engine', 'Taxgate'],
  contracthub: ['Contract hub', 'Contracthub'],
  'supplier-portal': ['Supplier portal', 'in house'],
  paybridge: ['Payment bridge', 'Paybridge'],
  docai: ['Document reader', 'Docai'],
  codingbot: ['Coding agent', 'in house'],
  'wms-feed': ['Warehouse feed', 'in house'],
}

/** The systems of a tenant, the ERPs first. */
export function systemsOf(world: World): Registered[] {
  const erps = [...new Set(world.profile.units.map((unit) => unit.erp))].map((id) => ({ id, class: 'erp' }))
  return [...erps, ...Object.values(SYSTEMS)].map(({ id, class: kind }) => {
    const [name, vendor] = NAMES[id] ?? [id, '']
    return {
      id,
      name,
      class: kind,
      owner: kind === 'erp' ? 'finance systems' : 'integration team',
      vendor,
      runbook_url: `https://runbooks.example/${world.tenant.id}/${id}`,
      link_template: kind === 'erp' ? `https://${id}.${world.tenant.id}.example/{type}/{id}` : null,
    }
  })
}
