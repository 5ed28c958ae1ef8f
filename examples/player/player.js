// Plays a recorded statement with its captions. A <video> sends no credential, so the page asks for signed addresses first.
const form = document.querySelector('#form')
const message = document.querySelector('#message')
const player = document.querySelector('#player')
const field = (name) => document.querySelector(`#${name}`)

// `?service=…&submission=…` fills the form; a credential never stands in an address.
for (const [name, value] of new URLSearchParams(location.search)) {
  if (name === 'service' || name === 'submission') field(name).value = value
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  message.textContent = 'Asking for the video …'
  player.hidden = true
  try {
    const addresses = await askForAddresses()
    show(addresses)
    message.textContent = `These addresses work until ${new Date(addresses.expiresAt).toLocaleTimeString()}.`
  } catch (error) {
    message.textContent = error.message
  }
})

async function askForAddresses() {
  const token = field('token').value
  const url = new URL(`/v1/video-submissions/${field('submission').value}/addresses`, field('service').value)
  const response = await fetch(url, {
    method: 'POST',
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
  })
  const body = await response.json()
  if (!response.ok) throw new Error(`${body.title} (${body.status}).`)
  return body
}

function show({ content, rendition, poster, captions }) {
  player.replaceChildren(...sourcesOf([content, rendition]), ...captions.map(trackOf))
  if (poster !== undefined) player.poster = poster
  player.hidden = false
  player.load()
}

/** The browser takes the first that it can play: the copy, or else the rendition that every browser plays. */
function sourcesOf(addresses) {
  return addresses
    .filter((address) => address !== undefined)
    .map((src) => Object.assign(document.createElement('source'), { src }))
}

function trackOf({ language, url }, index) {
  const label = new Intl.DisplayNames([language], { type: 'language' }).of(language)
  return Object.assign(document.createElement('track'), {
    kind: 'captions',
    srclang: language,
    label,
    src: url,
    default: index === 0,
  })
}

// A signature ends; the place where one was stays the same with a new one.
player.addEventListener('error', () => {
  message.textContent = 'The video cannot be played any more. Ask for it again.'
})
