// A WebSocket echo server, and a client that speaks to it through the hub's proxy; Debian's node-ws.
// node websocket.js serve | node websocket.js ask PROXY_PORT VIRTUAL_HOST PATH (token on standard input)
"use strict";
const fs = require("fs");
const http = require("http");
const WebSocket = require("ws");

const [, , command, proxyPort, virtualHost, path] = process.argv;

/** Sends the request to the proxy, in the absolute form that proxies want. */
class ProxyAgent extends http.Agent {
    addRequest(request, options) {
        request.path = `http://${virtualHost}${request.path}`;
        super.addRequest(request, { ...options, host: "127.0.0.1", port: Number(proxyPort) });
    }
}

if (command === "serve") {
    const server = new WebSocket.Server({ host: "127.0.0.1", port: 0 });
    server.on("listening", () => console.log(`port ${server.address().port}`));
    server.on("connection", (socket) => {
        socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
} else {
    const token = fs.readFileSync(0, "utf8");
    const sent = Buffer.alloc(300000, "sallyport");
    const socket = new WebSocket(`ws://${virtualHost}${path}`, {
        agent: new ProxyAgent(),
        createConnection: undefined,
        headers: { "Proxy-Authorization": `Bearer ${token}` },
    });
    let echoed = 0;
    socket.on("open", () => socket.send(sent));
    socket.on("message", (data) => {
        echoed = sent.equals(data) ? data.length : -1;
        socket.close(4001);
    });
    socket.on("close", (code) => console.log(`echoed ${echoed} bytes, closed ${code}`));
    socket.on("error", (error) => {
        console.error(error.message);
        process.exitCode = 1;
    });
}
