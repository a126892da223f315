import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'

const business: MantineColorsTuple = [
  '#fdf3e4',
  '#fae3c3',
  '#f4cb92',
  '#efb162',
  '#e99a3a',
  '#e08a1c',
  '#d97706',
  '#b45f06',
  '#8f4a08',
  '#6d3807',
]
const technical: MantineColorsTuple = [
  '#eef1ff',
  '#dbe2ff',
  '#b8c5ff',
  '#94a7fd',
  '#748ffc',
  '#5c7cfa',
  '#4c6ef5',
  '#3f5bd6',
  '#364fc7',
  '#2b3f9e',
]
const pine: MantineColorsTuple = [
  '#e9f5f1',
  '#cfe8e0',
  '#a4d4c5',
  '#76bfa9',
  '#52ad92',
  '#389b7f',
  '#228066',
  '#146f57',
  '#0d5a47',
  '#084435',
]

/** Surfaces and inks of the dark theme, from light to dark, as in styles/tokens.css. */
const dark: MantineColorsTuple = [
  '#edf0f2',
  '#bcc4cb',
  '#9aa4ad',
  '#6b757e',
  '#424a52',
  '#353c43',
  '#20262b',
  '#191d21',
  '#14181b',
  '#111417',
]

/** Mantine's theme: colour families with a meaning (business, technical) and one accent that has none. */
export const theme = createTheme({
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SFMono-Regular', Menlo, Consolas, monospace",
  headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: '620' },
  colors: { business, technical, pine, dark },
  primaryColor: 'pine',
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.3,
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
})

/** Hands Sightline's own surfaces and inks (styles/tokens.css) to Mantine's components. */
export const mantineVariables: CSSVariablesResolver = () => {
  const own = {
    '--mantine-color-body': 'var(--panel)',
    '--mantine-color-text': 'var(--ink)',
    '--mantine-color-dimmed': 'var(--ink-3)',
    '--mantine-color-default': 'var(--panel)',
    '--mantine-color-default-border': 'var(--line-strong)',
    '--mantine-color-default-hover': 'var(--hover)',
    '--mantine-color-error': 'var(--bad)',
    '--mantine-color-placeholder': 'var(--ink-3)',
    '--mantine-color-anchor': 'var(--accent)',
    '--chart-grid-color': 'var(--line)',
    '--chart-text-color': 'var(--ink-3)',
  }
  return { variables: {}, light: own, dark: own }
}
