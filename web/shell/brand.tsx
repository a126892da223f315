import type { Tenant } from '../../api/contract/admin.ts'

type Brand = NonNullable<Tenant['brand']>

/** The brand under which a tenant is served: its own, or that of its managed-service provider. */
export function brandOf(id: string, tenants: readonly Tenant[]): Brand | undefined {
  const tenant = tenants.find((one) => one.id === id)
  if (tenant === undefined) return undefined
  return tenant.brand ?? tenants.find((one) => one.id === tenant.parent_id)?.brand ?? undefined
}

/** A square with the brand's letters in its colour, or the tenant's initials. */
export function BrandMark({ tenant, brand }: { tenant: Tenant; brand: Brand | undefined }) {
  const own = tenant.brand ?? undefined
  const letters = own?.logo_text ?? initials(tenant.name)
  const color = own?.color ?? brand?.color
  const style =
    color === undefined
      ? { background: 'var(--data-tint)', color: 'var(--ink)' }
      : { background: color, color: luminance(color) > 0.32 ? '#10161b' : '#ffffff' }
  return (
    <span className="brand-mark" style={style} aria-hidden="true">
      {letters.slice(0, 3)}
    </span>
  )
}

function initials(name: string): string {
  const parts = name.split(/\s+/u).filter((part) => /^\p{L}/u.test(part))
  return (parts.length > 1 ? parts.slice(0, 2).map((part) => part.slice(0, 1)) : [name.slice(0, 2)]).join('').toUpperCase()
}

/** Relative luminance (WCAG 2) of a `#rrggbb` colour; 0 where it is no such text. */
function luminance(color: string): number {
  const channels = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/iu.exec(color)?.slice(1) ?? []
  const [red = 0, green = 0, blue = 0] = channels.map((hex) => {
    const value = Number.parseInt(hex, 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
