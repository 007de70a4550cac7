"use strict";

const byId = (id) => document.getElementById(id);

function showBasket(cart) {
    const count = byId("basket-count");
    if (count) count.textContent = cart.count;
}

function startClock() {
    const clock = byId("clock");
    if (!clock) return;
    const note = byId("clock-note");
    const source = new EventSource("/events");
    source.addEventListener("clock", (event) => {
        const told = JSON.parse(event.data);
        clock.textContent = told.time.slice(11, 19);
        note.textContent = `UTC · event ${event.lastEventId} · ${told.visits} requests served`;
        document.documentElement.dataset.events = "on";
    });
    source.onerror = () => (note.textContent = "the stream broke; the browser tries again");
}

function addLine(text, kind) {
    const line = document.createElement("li");
    line.textContent = text;
    line.className = kind;
    const talk = byId("talk");
    talk.append(line);
    talk.scrollTop = talk.scrollHeight;
}

function startTalk() {
    const form = byId("say");
    if (!form) return;
    let socket = null;
    const connect = () => {
        socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
        socket.onopen = () => {
            addLine("connected", "note");
            socket.send("Good water!");
        };
        socket.onmessage = (event) => {
            addLine(event.data, "theirs");
            document.documentElement.dataset.echo = "on";
        };
        socket.onclose = (event) => {
            addLine(`closed (${event.code}); send something to connect again`, "note");
            socket = null;
        };
    };
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        const word = byId("word");
        if (!socket) return connect();
        if (!word.value || socket.readyState !== WebSocket.OPEN) return undefined;
        addLine(word.value, "mine");
        socket.send(word.value);
        word.value = "";
        return undefined;
    });
    connect();
}

async function fillShelf() {
    const shelf = byId("shelf");
    if (!shelf) return;
    const answer = await fetch("/api/products");
    const { products } = await answer.json();
    shelf.replaceChildren(
        ...products.map((product) => {
            const line = document.createElement("li");
            const name = document.createElement("span");
            const stock = document.createElement("span");
            name.textContent = product.name;
            stock.textContent = `${product.stock} left`;
            stock.className = "fine";
            line.append(name, stock);
            return line;
        }),
    );
    document.documentElement.dataset.shelf = "on";
}

function watchBasket() {
    for (const button of document.querySelectorAll("[data-add]")) {
        button.addEventListener("click", async (event) => {
            event.preventDefault();
            const answer = await fetch("/api/cart", { method: "POST", body: new URLSearchParams({ id: button.dataset.add }) });
            showBasket(await answer.json());
            button.textContent = "It is in. One more?";
        });
    }
}

startClock();
startTalk();
fillShelf();
watchBasket();
