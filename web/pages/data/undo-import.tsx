import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Import } from '../../../api/contract/data.ts'
import { tell } from '../../api.ts'
import { counted } from '../../format.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Fault } from '../../parts/states.tsx'
import { useSession } from '../../session.ts'

/** Takes an import back, once its consequences have been read and confirmed; for administrators. */
export function UndoImport({ of }: { of: Import }) {
  const { scopes, tenants } = useSession()
  const queries = useQueryClient()
  const [asking, dialog] = useDisclosure(false)
  const undo = useMutation({
    mutationFn: () => tell(`/v1/imports/${of.id}`, { method: 'DELETE', tenant: of.tenant_id }),
    onSuccess: () => {
      dialog.close()
      return queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === of.tenant_id })
    },
  })
  if (!scopes.includes('admin') || of.state === 'undone' || of.state === 'running') return null
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={dialog.open}>
        Undo this import…
      </Button>
      <Dialog title="Undo this import?" opened={asking} onClose={dialog.close} size="32rem">
        <div className="stack">
          <p style={{ margin: 0 }}>
            The {counted(of.accepted, 'event')} that <strong>{of.file_name}</strong> brought leave every view and KPI of{' '}
            {tenants.find(({ id }) => id === of.tenant_id)?.name ?? of.tenant_id}, and documents that only this file knew
            disappear.
          </p>
          <p style={{ margin: 0 }}>
            Events from elsewhere stay. The import and its report stay listed here as undone. Importing the file again brings its
            events back.
          </p>
          {undo.isError && <Fault error={undo.error} />}
          <div className="row" style={{ justifyContent: 'flex-end' }}>
            <Button variant="default" onClick={dialog.close} data-autofocus>
              Keep it
            </Button>
            <Button color="red.9" loading={undo.isPending} onClick={() => undo.mutate()}>
              Undo the import
            </Button>
          </div>
        </div>
      </Dialog>
    </>
  )
}
