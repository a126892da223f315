import { Menu } from '@mantine/core'
import type { Tenant } from '../../api/contract/admin.ts'
import { Icon } from '../parts/icons.tsx'
import { rememberTenant, useScope, useSetParameters } from '../scope.ts'
import { useSession } from '../session.ts'
import { BrandMark, brandOf } from './brand.tsx'

/** Shows the tenant under its brand and switches to another; clients stand below their managed-service provider. */
export function TenantSwitch() {
  const { tenants } = useSession()
  const { tenant: id } = useScope()
  const setParameters = useSetParameters()
  const tenant = tenants.find((one) => one.id === id)
  if (tenant === undefined) return null
  const parent = tenants.find((one) => one.id === tenant.parent_id)
  const choose = (next: string): void => {
    rememberTenant(next)
    setParameters({ tenant: next })
  }
  const item = (one: Tenant) => (
    <Menu.Item
      key={one.id}
      onClick={() => choose(one.id)}
      leftSection={<BrandMark tenant={one} brand={brandOf(one.id, tenants)} />}
      rightSection={one.id === id ? <span className="dim">current</span> : undefined}
    >
      {one.name}
    </Menu.Item>
  )
  return (
    <Menu position="bottom-start" width={300} shadow="md" withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <button type="button" className="tenant-button" aria-label={`Tenant ${tenant.name}. Switch tenant`}>
          <BrandMark tenant={tenant} brand={brandOf(id, tenants)} />
          <span className="tenant-names">
            <strong className="clip">{tenant.name}</strong>
            <small className="clip">
              {parent === undefined ? kindName(tenant.kind) : `served by ${parent.brand?.name ?? parent.name}`}
            </small>
          </span>
          {tenant.demo && <span className="chip">Demo</span>}
          <Icon name="chevron" size={14} />
        </button>
      </Menu.Target>
      <Menu.Dropdown mah="70vh" style={{ overflowY: 'auto' }}>
        {groupsOf(tenants).map(({ label, members }) => [
          <Menu.Label key={`label ${label}`}>{label}</Menu.Label>,
          ...members.map(item),
        ])}
      </Menu.Dropdown>
    </Menu>
  )
}

function groupsOf(tenants: readonly Tenant[]): { label: string; members: Tenant[] }[] {
  const known = new Set(tenants.map(({ id }) => id))
  const providers = tenants.filter(({ kind }) => kind === 'msp')
  const grouped = providers.map((msp) => ({
    label: msp.brand?.name ?? msp.name,
    members: [msp, ...tenants.filter(({ parent_id }) => parent_id === msp.id)],
  }))
  const inGroup = new Set(providers.map(({ id }) => id))
  const rest = tenants.filter(
    ({ id, parent_id }) => !inGroup.has(id) && (parent_id === null || !known.has(parent_id) || !inGroup.has(parent_id)),
  )
  return [...(rest.length === 0 ? [] : [{ label: 'Organisations', members: rest }]), ...grouped]
}

function kindName(kind: string): string {
  return { enterprise: 'Organisation', msp: 'Managed-service provider', client: 'Client' }[kind] ?? kind
}
