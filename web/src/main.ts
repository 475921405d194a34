import './tokens.css'
import './global.css'
import { mount } from 'svelte'
import App from './App.svelte'
import { session } from './api/me.svelte'
import { startRouter } from './router.svelte'
import { look } from './theme.svelte'
import { words } from './words/words.svelte'

look.start()
startRouter()
await Promise.all([words.use(words.preferred(), false), session.load()])
mount(App, { target: document.getElementById('app')! })
