import { Loader } from '@mantine/core'

/** Shown while a page's chunk loads. */
export function PageSkeleton() {
  return (
    <div style={{ display: 'grid', placeItems: 'center', minHeight: '50vh' }} role="status">
      <Loader type="dots" color="gray" aria-label="Loading the page" />
    </div>
  )
}
