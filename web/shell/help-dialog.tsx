import { CLASS_NAMES, ClassBadge, type ExceptionClass } from '../parts/classes.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { PAGES } from './pages.ts'

/** Keys, and what the colours and shapes mean. */
export function HelpDialog({ onClose }: { onClose: () => void }) {
  const rows = [
    { keys: ['/'], does: 'Search a document' },
    ...PAGES.map(({ key, name }) => ({ keys: ['g', key], does: `Go to ${name}` })),
    { keys: ['?'], does: 'This help' },
    { keys: ['Esc'], does: 'Close what is open' },
  ]
  return (
    <Dialog opened onClose={onClose} title="Keyboard and colours" size="md">
      <table className="table">
        <tbody>
          {rows.map(({ keys, does }) => (
            <tr key={does}>
              <td className="nowrap">
                {keys.map((key, index) => (
                  <span key={key}>
                    {index > 0 && <span className="dim"> then </span>}
                    <kbd>{key}</kbd>
                  </span>
                ))}
              </td>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3 className="section-title">Colours and shapes</h3>
      <div className="stack">
        {(Object.keys(CLASS_NAMES) as ExceptionClass[]).map((one) => (
          <div key={one} className="row">
            <ClassBadge of={one} />
            <span>{CLASS_NAMES[one].meaning}.</span>
          </div>
        ))}
      </div>
    </Dialog>
  )
}
