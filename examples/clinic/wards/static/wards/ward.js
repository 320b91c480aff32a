"use strict";

// Vital signs: server-sent events move the numbers and draw a short trace of the pulse.
const board = document.getElementById("vitals");
const live = document.getElementById("live");
const traces = new Map();

function show(signs) {
  const card = board.querySelector(`[data-patient="${signs.patient}"]`);
  if (!card) return;
  const shown = { ...signs, temperature: signs.temperature.toFixed(1) };
  for (const element of card.querySelectorAll("[data-sign]")) element.textContent = shown[element.dataset.sign];
  card.classList.toggle("alarm", signs.alarm);
  const trace = traces.get(signs.patient) ?? [];
  trace.push(signs.pulse);
  if (trace.length > 60) trace.shift();
  traces.set(signs.patient, trace);
  const points = trace.map((pulse, i) => `${(i * 120) / 59},${(28 - ((pulse - 50) / 55) * 28).toFixed(1)}`);
  card.querySelector("polyline").setAttribute("points", points.join(" "));
}

function status(on) {
  live.textContent = on ? "live" : "reconnecting";
  live.classList.toggle("off", !on);
}

const source = new EventSource(board.dataset.url);
source.onopen = () => status(true);
source.onerror = () => status(false);
source.onmessage = (event) => JSON.parse(event.data).forEach(show);

// Chat: a WebSocket that comes back by itself, waiting longer each time.
const log = document.getElementById("chat");
const form = document.getElementById("say");
const problem = document.getElementById("chat-problem");
let socket;
let pause = 500;

function line(message) {
  const item = document.createElement("li");
  const author = document.createElement("b");
  const time = document.createElement("time");
  author.textContent = message.author;
  time.textContent = new Date(message.sent).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  item.append(author, message.text, time);
  log.append(item);
  log.scrollTop = log.scrollHeight;
}

function complain(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(`${scheme}//${location.host}${log.dataset.path}`);
  socket.onopen = () => { pause = 500; complain(""); log.dataset.open = "yes"; };
  socket.onmessage = (event) => {
    const data = JSON.parse(event.data);
    if (data.errors) complain(Object.values(data.errors).flat().map((error) => error.message).join(" "));
    else { complain(""); line(data.message); }
  };
  socket.onclose = (event) => {
    delete log.dataset.open;
    if (event.code === 4401 || event.code === 4404) return complain("You cannot chat here.");
    complain("The chat is disconnected; trying again.");
    setTimeout(connect, pause);
    pause = Math.min(pause * 2, 8000);
  };
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const input = form.elements.text;
  if (socket.readyState !== WebSocket.OPEN || !input.value.trim()) return;
  socket.send(JSON.stringify({ text: input.value }));
  input.value = "";
});

JSON.parse(document.getElementById("history").textContent).forEach(line);
connect();
