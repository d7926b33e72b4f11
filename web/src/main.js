// Starts the page.
import { mount } from 'svelte';
import App from './App.svelte';
import './style.css';
import './shapes.css';
import { live } from './lib/live.svelte.js';

mount(App, { target: document.getElementById('page') });
live.start();
