/**
 * Stands for the image nginx: a welcome page on port 80 of the pod's address.
 * Port 80 needs a privilege on most machines; without it another port is taken, and the log says so.
 */
import { createServer } from 'node:http';

const host = process.env.POD_IP ?? '127.0.0.1';
const page =
  '<!DOCTYPE html>\n<html><head><title>Welcome to nginx!</title></head><body><h1>Welcome to nginx!</h1></body></html>\n';

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html', server: 'nginx' });
  response.end(page);
});

server.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EACCES') throw error;
  server.listen(0, host, () => {
    process.stdout.write(
      `not allowed to listen on ${host}:80: ${JSON.stringify(server.address())} instead\n`,
    );
  });
});
server.listen(80, host);

for (const signal of ['SIGTERM', 'SIGQUIT', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
process.stdout.on('error', () => process.exit(0));
