/** Gives the reader a file that was made in the page. */
export function download(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has taken it by then, or never will.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
