import { lookup as dnsLookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** Addresses behind which clouds keep credentials, or which are nobody's: never a system of business. */
const NEVER = new BlockList()
NEVER.addSubnet('0.0.0.0', 8, 'ipv4')
NEVER.addSubnet('169.254.0.0', 16, 'ipv4')
NEVER.addAddress('100.100.100.200', 'ipv4')
NEVER.addAddress('168.63.129.16', 'ipv4')
NEVER.addSubnet('192.0.0.0', 24, 'ipv4')
NEVER.addSubnet('224.0.0.0', 3, 'ipv4')
NEVER.addAddress('::', 'ipv6')
NEVER.addSubnet('fe80::', 10, 'ipv6')
NEVER.addAddress('fd00:ec2::254', 'ipv6')
NEVER.addAddress('fd20:ce::254', 'ipv6')
NEVER.addSubnet('ff00::', 8, 'ipv6')

/** Addresses of this machine and of private networks: where a system may well be, unless the operator says otherwise. */
const PRIVATE = new BlockList()
PRIVATE.addSubnet('127.0.0.0', 8, 'ipv4')
PRIVATE.addSubnet('10.0.0.0', 8, 'ipv4')
PRIVATE.addSubnet('172.16.0.0', 12, 'ipv4')
PRIVATE.addSubnet('192.168.0.0', 16, 'ipv4')
PRIVATE.addSubnet('100.64.0.0', 10, 'ipv4')
PRIVATE.addAddress('::1', 'ipv6')
PRIVATE.addSubnet('fc00::', 7, 'ipv6')

/** Which addresses may be asked: also private networks, or the public internet only. */
export type Reach = 'private' | 'public'

/** Code of the error with which a connection to an address that may not be asked fails. */
export const ADDRESS_REFUSED = 'ERR_ADDRESS_REFUSED'

/** Whether an IP address may be asked. An IPv4 address in IPv6 clothes is judged as what it is. */
export function mayAsk(address: string, reach: Reach): boolean {
  const plain = embeddedIpv4(address) ?? address
  const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4'
  return isIP(plain) !== 0 && !NEVER.check(plain, family) && (reach === 'private' || !PRIVATE.check(plain, family))
}

/** The IPv4 address that an IPv6 one carries: mapped, compatible, or translated (64:ff9b::). */
function embeddedIpv4(address: string): string | null {
  if (isIP(address) !== 6) return null
  const url = new URL(`http://[${address.replace(/%.*$/u, '')}]`)
  const match = /^\[(?:::(?:ffff:)?|64:ff9b::)([\da-f]{1,4}):([\da-f]{1,4})\]$/u.exec(url.hostname)
  if (match === null) return null
  const number = Number.parseInt(match[1] ?? '', 16) * 65_536 + Number.parseInt(match[2] ?? '', 16)
  return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join('.')
}

/**
 * Resolves names for a connection, and fails with {@link ADDRESS_REFUSED} where a name leads to no address that may be asked. As it judges
 * at the very connection, a name that changes its answer opens nothing.
 */
export function guardedLookup(reach: Reach): LookupFunction {
  return (hostname, options, callback) => {
    dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
      const first = addresses?.find(({ address }) => mayAsk(address, reach))
      if (error !== null || first === undefined) {
        const refused = Object.assign(new Error(`${hostname} leads to an address that may not be asked`), {
          code: ADDRESS_REFUSED,
        })
        callback(error ?? refused, '', 4)
      } else if (options.all === true) callback(null, [first])
      else callback(null, first.address, first.family)
    })
  }
}
