import { Button, CopyButton } from '@mantine/core'
import { ScrollRegion } from './scroll-region.tsx'

/** A command or text to copy. */
export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className="code-block">
      <ScrollRegion component="pre" label={label}>
        {code}
      </ScrollRegion>
      <CopyButton value={code}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="default" onClick={copy}>
            {copied ? 'Copied' : 'Copy'}
          </Button>
        )}
      </CopyButton>
    </div>
  )
}
