// Chooses light or dark before the first paint, so that a page never flashes in the other one.
;(() => {
  const asked = new URLSearchParams(location.search).get('theme')
  let kept = null
  try {
    kept = localStorage.getItem('nines.theme')
  } catch {
    // Storage may be switched off; the system's choice stands.
  }
  const theme = asked ?? kept
  if (theme === 'light' || theme === 'dark' || theme === 'contrast')
    document.documentElement.dataset.theme = theme
})()
