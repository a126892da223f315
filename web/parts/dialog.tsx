import { Button, CloseButton, Drawer, Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import '../styles/dialog.css'

type Props = { title: string; opened: boolean; onClose: () => void; side?: 'left' | 'right'; size: string; children: ReactNode }

/** Content over the page: in the middle, or as a drawer at one side. Its head is no landmark, unlike that of Mantine's own. */
export function Dialog({ title, opened, onClose, side, size, children }: Props) {
  const Title = side === undefined ? Modal.Title : Drawer.Title
  const content = (
    <>
      <div className="dialog-head">
        <Title>{title}</Title>
        <CloseButton onClick={onClose} aria-label="Close" />
      </div>
      {children}
    </>
  )
  if (side === undefined) {
    return (
      <Modal.Root opened={opened} onClose={onClose} size={size} yOffset="10vh">
        <Modal.Overlay />
        <Modal.Content>
          <Modal.Body>{content}</Modal.Body>
        </Modal.Content>
      </Modal.Root>
    )
  }
  return (
    <Drawer.Root opened={opened} onClose={onClose} size={size} position={side}>
      <Drawer.Overlay />
      <Drawer.Content>
        <Drawer.Body>{content}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  )
}

type ActionsProps = {
  onCancel: () => void
  loading: boolean
  disabled?: boolean
  /** What else can be done, at the other end of the row. */
  aside?: ReactNode
  children: ReactNode
}

/** The last row of a form in a dialog: cancel, and what submits it (`children`). */
export function DialogActions({ onCancel, loading, disabled = false, aside, children }: ActionsProps) {
  return (
    <div className="row" style={{ justifyContent: 'flex-end' }}>
      {aside}
      {aside !== undefined && <span style={{ flex: 1 }} />}
      <Button variant="default" onClick={onCancel}>
        Cancel
      </Button>
      <Button type="submit" loading={loading} disabled={disabled}>
        {children}
      </Button>
    </div>
  )
}
