// usage: browse.js URL EXPRESSION [PICTURE.png]. Opens the page in headless Chromium over its DevTools protocol, waits until the
// expression is truthy in the page, prints its value as JSON, with what the page's console and network complained of.
"use strict";
const fs = require("fs");
const os = require("os");
const path = require("path");
const { spawn } = require("child_process");
const WebSocket = require("ws");

const [url, expression, picture] = process.argv.slice(2);
const WAIT_SECONDS = 25;
const profile = fs.mkdtempSync(path.join(os.tmpdir(), "weir-browse-"));
const browser = spawn(
    "chromium",
    ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server",
        "--hide-scrollbars", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "--window-size=1200,1900", "about:blank"],
    { stdio: ["ignore", "ignore", "pipe"] },
);

function leave(code, text) {
    console.log(text);
    browser.kill("SIGKILL");
    browser.once("exit", () => {
        fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
        process.exit(code);
    });
}

class Page {
    constructor(socket) {
        this.socket = socket;
        this.serial = 0;
        this.waiting = new Map();
        this.complaints = [];
        socket.on("message", (text) => this.hear(JSON.parse(text)));
    }
    hear(message) {
        if (message.id) return this.waiting.get(message.id)(message);
        const { method, params } = message;
        if (method === "Runtime.exceptionThrown") this.complaints.push(params.exceptionDetails.text);
        const entry = params.entry;
        if (method === "Log.entryAdded" && entry.level === "error") this.complaints.push(`${entry.text} ${entry.url || ""}`);
        if (method === "Network.loadingFailed" && !params.canceled) this.complaints.push(`${params.type}: ${params.errorText}`);
        return undefined;
    }
    ask(method, params = {}) {
        const id = ++this.serial;
        this.socket.send(JSON.stringify({ id, method, params }));
        return new Promise((resolve, reject) => {
            this.waiting.set(id, (answer) => (answer.error ? reject(new Error(answer.error.message)) : resolve(answer.result)));
        });
    }
    async value(text) {
        const answer = await this.ask("Runtime.evaluate", { expression: text, returnByValue: true, awaitPromise: true });
        if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception.description);
        return answer.result.value;
    }
}

async function browse(port) {
    const pages = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
    const socket = new WebSocket(pages.find((page) => page.type === "page").webSocketDebuggerUrl);
    await new Promise((resolve) => socket.once("open", resolve));
    const page = new Page(socket);
    for (const part of ["Page", "Runtime", "Log", "Network"]) await page.ask(`${part}.enable`);
    await page.ask("Page.navigate", { url });
    const end = Date.now() + WAIT_SECONDS * 1000;
    let value;
    while (!(value = await page.value(expression).catch(() => null))) {
        if (Date.now() > end) return leave(1, `never true: ${expression}\n${page.complaints.join("\n")}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (picture) {
        const shot = await page.ask("Page.captureScreenshot", { captureBeyondViewport: true });
        fs.writeFileSync(picture, Buffer.from(shot.data, "base64"));
    }
    return leave(0, JSON.stringify({ value, complaints: page.complaints }));
}

let said = "";
browser.stderr.on("data", (text) => {
    const before = said;
    said += text;
    const found = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(said);
    if (found && !/DevTools listening/.test(before)) browse(found[1]).catch((error) => leave(1, String(error.stack)));
});
setTimeout(() => leave(1, `over time\n${said}`), (WAIT_SECONDS + 20) * 1000);
