import { CloseButton, Drawer, Modal } from '@mantine/core'
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
