/** Starts the window. */
import { mount } from 'svelte';
import App from './App.svelte';
import NoToken from './components/ui/NoToken.svelte';
import { connect } from './services/client.ts';
import { showSheet } from './services/theme.ts';

const target = document.getElementById('app');
if (!target) throw new Error('The page has no #app element.');
showSheet(matchMedia('(prefers-color-scheme: dark)').matches ? 'plate' : 'paper');
const client = await connect();
if (client) mount(App, { target, props: { client } });
else mount(NoToken, { target });
