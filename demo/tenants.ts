/** A site of a tenant: what its documents are routed and grouped by. */
export type Unit = {
  entity: string
  business_unit: string
  plant: string
  region: string
  offset_h: number
  erp: string
  currency: string
  weight: number
}

/** A kind of spend: how dear, how long from order to delivery, whether it is capital. */
export type Category = { name: string; amount: number; lead_days: number; weight: number; capital?: true }

/** How a demo tenant behaves. */
export type Profile = {
  /** Purchases (requisition to payment) on an average working day at scale 1. */
  purchases: number
  /** Supplier onboardings on an average working day at scale 1. */
  onboardings: number
  suppliers: number
  /** Share of invoices without a purchase order. */
  non_po: number
  /** Shares of two-way, three-way after receipt, three-way before receipt, consignment. */
  paths: readonly [number, number, number, number]
  units: readonly Unit[]
  categories: readonly Category[]
}

export type DemoTenant = {
  id: string
  name: string
  kind: 'enterprise' | 'msp' | 'client'
  parent_id?: string
  brand: { name: string; color: string; logo_text: string }
  profile: Profile | null
}

const unit = (
  entity: string,
  business_unit: string,
  plant: string,
  region: string,
  offset_h: number,
  erp: string,
  currency: string,
  weight: number,
): Unit => ({ entity, business_unit, plant, region, offset_h, erp, currency, weight })

const MANUFACTURING: readonly Category[] = [
  { name: 'MRO', amount: 900, lead_days: 17, weight: 26 },
  { name: 'Raw material', amount: 14_000, lead_days: 32, weight: 22 },
  { name: 'Packaging', amount: 3_800, lead_days: 24, weight: 14 },
  { name: 'Logistics', amount: 2_600, lead_days: 20, weight: 12 },
  { name: 'Tooling', amount: 7_500, lead_days: 41, weight: 9 },
  { name: 'IT', amount: 4_200, lead_days: 22, weight: 8 },
  { name: 'Capital equipment', amount: 68_000, lead_days: 76, weight: 4, capital: true },
  { name: 'Facilities', amount: 1_900, lead_days: 26, weight: 5 },
]

const HEALTH: readonly Category[] = [
  { name: 'Medical supplies', amount: 2_400, lead_days: 18, weight: 36 },
  { name: 'Pharmaceuticals', amount: 9_800, lead_days: 21, weight: 20 },
  { name: 'Laboratory', amount: 3_600, lead_days: 27, weight: 16 },
  { name: 'Clinical services', amount: 6_200, lead_days: 34, weight: 12 },
  { name: 'Facilities', amount: 2_100, lead_days: 24, weight: 9 },
  { name: 'Imaging equipment', amount: 92_000, lead_days: 85, weight: 2, capital: true },
  { name: 'IT', amount: 4_800, lead_days: 22, weight: 5 },
]

const MID_MARKET: readonly Category[] = [
  { name: 'Merchandise', amount: 3_200, lead_days: 26, weight: 40 },
  { name: 'Packaging', amount: 1_100, lead_days: 21, weight: 18 },
  { name: 'Logistics', amount: 1_700, lead_days: 17, weight: 18 },
  { name: 'Marketing', amount: 2_800, lead_days: 29, weight: 10 },
  { name: 'IT', amount: 2_200, lead_days: 20, weight: 8 },
  { name: 'Facilities', amount: 900, lead_days: 22, weight: 6 },
]

const client = (
  id: string,
  name: string,
  purchases: number,
  suppliers: number,
  erp: string,
  currency: string,
  region: string,
  offset_h: number,
): DemoTenant => ({
  id,
  name,
  kind: 'client',
  parent_id: 'northbridge',
  brand: { name: 'Northbridge', color: '#1f6f5c', logo_text: 'NB' },
  profile: {
    purchases,
    onboardings: purchases / 32,
    suppliers,
    non_po: 0.15,
    paths: [0.008, 0.075, 0.882, 0.035],
    units: [
      unit(`${id.slice(3, 6).toUpperCase()}1`, 'Head office', 'HQ', region, offset_h, erp, currency, 6),
      unit(`${id.slice(3, 6).toUpperCase()}1`, 'Operations', 'DC1', region, offset_h, erp, currency, 4),
    ],
    categories: MID_MARKET,
  },
})

/** The tenants of the demo: two enterprises, and a managed-service provider with five clients under its brand. */
export const DEMO_TENANTS: readonly DemoTenant[] = [
  {
    id: 'kestrel',
    name: 'Kestrel Manufacturing Group',
    kind: 'enterprise',
    brand: { name: 'Kestrel', color: '#6d4c7d', logo_text: 'K' },
    profile: {
      purchases: 45,
      onboardings: 1.4,
      suppliers: 240,
      non_po: 0.11,
      paths: [0.004, 0.06, 0.878, 0.058],
      units: [
        unit('DE01', 'Drive systems', 'P1', 'EMEA', 1, 'sap-eu', 'EUR', 16),
        unit('DE01', 'Drive systems', 'P2', 'EMEA', 1, 'sap-eu', 'EUR', 14),
        unit('DE01', 'Castings', 'P3', 'EMEA', 1, 'sap-eu', 'EUR', 10),
        unit('PL02', 'Castings', 'P4', 'EMEA', 1, 'sap-eu', 'PLN', 12),
        unit('PL02', 'Assemblies', 'P5', 'EMEA', 1, 'sap-eu', 'PLN', 9),
        unit('US03', 'Assemblies', 'P6', 'AMER', -5, 'sap-us', 'USD', 13),
        unit('US03', 'Drive systems', 'P7', 'AMER', -5, 'sap-us', 'USD', 9),
        unit('MX04', 'Assemblies', 'P8', 'AMER', -6, 'sap-us', 'MXN', 10),
        unit('MX04', 'Castings', 'P9', 'AMER', -6, 'sap-us', 'MXN', 7),
      ],
      categories: MANUFACTURING,
    },
  },
  {
    id: 'aurelia',
    name: 'Aurelia Health',
    kind: 'enterprise',
    brand: { name: 'Aurelia Health', color: '#8a3f5c', logo_text: 'A' },
    profile: {
      purchases: 14.4,
      onboardings: 5,
      suppliers: 120,
      non_po: 0.12,
      paths: [0.006, 0.066, 0.868, 0.06],
      units: [
        unit('AH-NORTH', 'Acute care', 'H1', 'North', 0, 'oracle-health', 'GBP', 18),
        unit('AH-NORTH', 'Community care', 'H2', 'North', 0, 'oracle-health', 'GBP', 11),
        unit('AH-SOUTH', 'Acute care', 'H3', 'South', 0, 'oracle-health', 'GBP', 15),
        unit('AH-SOUTH', 'Acute care', 'H4', 'South', 0, 'oracle-health', 'GBP', 9),
        unit('AH-LABS', 'Diagnostics', 'L1', 'South', 1, 'oracle-health', 'EUR', 10),
      ],
      categories: HEALTH,
    },
  },
  {
    id: 'northbridge',
    name: 'Northbridge Procurement Services',
    kind: 'msp',
    brand: { name: 'Northbridge', color: '#1f6f5c', logo_text: 'NB' },
    profile: null,
  },
  client('nb-alder', 'Alder Outdoor', 6.3, 46, 'netsuite', 'USD', 'AMER', -5),
  client('nb-birch', 'Birch & Rowe Foods', 5.1, 40, 'd365', 'GBP', 'EMEA', 0),
  client('nb-cedar', 'Cedar Home Group', 4.2, 38, 'netsuite', 'USD', 'AMER', -6),
  client('nb-dogwood', 'Dogwood Pharma Retail', 3.2, 34, 'd365', 'EUR', 'EMEA', 1),
  client('nb-elm', 'Elm Street Hotels', 2.4, 30, 'sage', 'GBP', 'EMEA', 0),
]
