import { Button, CopyButton, SegmentedControl } from '@mantine/core'
import { useMemo, useState } from 'react'
import { bytes as size } from '../format.ts'
import { ScrollRegion } from './scroll-region.tsx'

type View = 'formatted' | 'text' | 'hex'

const NAMES: Readonly<Record<View, string>> = { formatted: 'Formatted', text: 'As it came', hex: 'Hex' }
/** More than this is not drawn. */
const MOST_TEXT = 200_000
const MOST_HEX = 16_384

/** Raw bytes to look at: as text, formatted where they are JSON, or in hexadecimal. */
export function BytesView({ raw, encoding, label }: { raw: string; encoding: 'utf8' | 'base64'; label: string }) {
  const octets = useMemo(() => octetsOf(raw, encoding), [raw, encoding])
  const formatted = useMemo(() => (encoding === 'utf8' ? formattedJson(raw) : null), [raw, encoding])
  const views: View[] = [
    ...(formatted === null ? [] : ['formatted' as const]),
    ...(encoding === 'utf8' ? ['text' as const] : []),
    'hex',
  ]
  const [asked, setAsked] = useState<View>()
  const view = views.find((one) => one === asked) ?? views[0] ?? 'hex'
  const whole = view === 'hex' ? hexDump(octets.subarray(0, MOST_HEX)) : view === 'formatted' ? (formatted ?? raw) : raw
  const shown = whole.slice(0, MOST_TEXT)
  const cut = view === 'hex' ? octets.length > MOST_HEX : whole.length > MOST_TEXT
  return (
    <div className="bytes-view">
      <div className="row">
        <SegmentedControl
          size="xs"
          aria-label="View of the bytes"
          value={view}
          onChange={(value) => setAsked(value)}
          data={views.map((value) => ({ value, label: NAMES[value] }))}
        />
        <span className="dim num">{size(octets.length)}</span>
        <span style={{ flex: 1 }} />
        <CopyButton value={view === 'hex' ? whole : raw}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </div>
      <ScrollRegion component="pre" label={label} view={view}>
        {shown}
      </ScrollRegion>
      {cut && <p className="dim">Only the beginning is shown.</p>}
    </div>
  )
}

function octetsOf(raw: string, encoding: 'utf8' | 'base64'): Uint8Array {
  if (encoding === 'utf8') return new TextEncoder().encode(raw)
  return Uint8Array.from(atob(raw), (char) => char.codePointAt(0) ?? 0)
}

function formattedJson(text: string): string | null {
  if (!/^\s*[[{]/u.test(text)) return null
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return null
  }
}

/** Sixteen bytes a line: offset, hexadecimal, and what of it is printable ASCII. */
function hexDump(octets: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < octets.length; at += 16) {
    const line = [...octets.subarray(at, at + 16)]
    const hex = line.map((octet) => octet.toString(16).padStart(2, '0')).join(' ')
    const text = line.map((octet) => (octet >= 32 && octet < 127 ? String.fromCodePoint(octet) : '·')).join('')
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${text}`)
  }
  return lines.join('\n')
}
