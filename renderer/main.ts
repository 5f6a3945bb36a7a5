/** Starts the window. */
import { mount } from 'svelte';
import App from './App.svelte';
import ConnectionLost from './components/ui/ConnectionLost.svelte';
import NoConnection from './components/ui/NoConnection.svelte';
import { connect } from './services/client.ts';
import { showSheet } from './services/theme.ts';
import { lost } from './state/window/lost.svelte.ts';

const target = document.getElementById('app');
if (!target) throw new Error('The page has no #app element.');
showSheet(matchMedia('(prefers-color-scheme: dark)').matches ? 'plate' : 'paper');
const client = await connect((trouble) => (lost.why = trouble));
if (typeof client === 'string') mount(NoConnection, { target, props: { why: client } });
else {
  mount(App, { target, props: { client } });
  mount(ConnectionLost, { target: document.body });
}
