import { instantToIso } from '../../../model/instant.ts'
import type { Played } from '../alert-tells.ts'
import { numbered } from '../numbered.ts'

/** What the receivers of each channel accepted, in the channels' order. */
export function tellReceived({ setup, taken }: Played): string[] {
  return numbered(
    setup.channels.flatMap(({ id }) =>
      taken
        .filter(({ channel, status }) => channel === id && status < 300)
        .map(({ at, kind, line }) => `${kind} ${instantToIso(at)} ${line}`),
    ),
  )
}
