import { NavLink } from 'react-router'
import { Icon } from '../parts/icons.tsx'
import { useAddress } from '../scope.ts'
import { useSession } from '../session.ts'
import { PAGES } from './pages.ts'

type Props = { onHelp: () => void; onNavigate?: () => void }

/** The navigation at the side, and in the drawer of narrow screens. */
export function Side({ onHelp, onNavigate }: Props) {
  const address = useAddress()
  const { version } = useSession()
  return (
    <div className="side">
      <nav className="side-inner" aria-label={onNavigate === undefined ? 'Pages' : 'Pages, menu'}>
        <NavLink className="wordmark" to={address('/')} onClick={onNavigate}>
          <img src="/mark.svg" alt="" />
          Sightline
        </NavLink>
        <div className="nav">
          {PAGES.map(({ path, name, icon }) => (
            <NavLink key={path} to={address(path)} end={path === '/'} onClick={onNavigate}>
              <Icon name={icon} />
              {name}
            </NavLink>
          ))}
        </div>
        <div className="side-foot nav">
          <a href="/docs">
            <Icon name="book" />
            API reference
          </a>
          <a
            href="#help"
            onClick={(event) => {
              event.preventDefault()
              onNavigate?.()
              onHelp()
            }}
          >
            <Icon name="keyboard" />
            Keyboard
          </a>
          <p className="dim">Version {version} · times in UTC</p>
        </div>
      </nav>
    </div>
  )
}
