// Posts what the page for PyPI says of the file that its address names, once it does.

const { results } = await (await fetch('here.json')).json()
const said = () => document.querySelector('.chain svg') && document.querySelector('.facts dd')
while (!said()) await new Promise((resolve) => setTimeout(resolve, 50))
const facts = [...document.querySelectorAll('.facts > div')].slice(0, 3)
const body = JSON.stringify({
  status: document.querySelector('#status').dataset.state,
  facts: facts.map((row) => row.querySelector('dd').textContent),
  chain: [...document.querySelectorAll('.chain .name')].map((name) => name.textContent),
})
await fetch(results, { method: 'POST', body })
