/*
 * Stands for the image nginx, which no registry gives to the test bed: a welcome page on port 80.
 * As the real one, it ends on SIGTERM and SIGQUIT. The client closes first, so that TIME_WAIT stays on its side.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { port = 80, backlog = 128, idle_seconds = 10 };

static const char page[] = "<!DOCTYPE html>\n<html><head><title>Welcome to nginx!</title></head>"
                           "<body><h1>Welcome to nginx!</h1></body></html>\n";

static void end(int signal) {
  (void)signal;
  _exit(0);
}

/* One answer for each request without a body, until the client has gone or says nothing more. */
static void serve(int client) {
  char request[4096];
  char answer[1024];
  size_t filled = 0;
  int length = snprintf(answer, sizeof answer,
                        "HTTP/1.1 200 OK\r\nserver: nginx\r\ncontent-type: text/html\r\ncontent-length: %zu\r\n\r\n%s",
                        sizeof page - 1, page);
  for (;;) {
    ssize_t got;
    alarm(idle_seconds);
    got = read(client, request + filled, sizeof request - 1 - filled);
    if (got <= 0) return;
    filled += (size_t)got;
    request[filled] = 0;
    if (strstr(request, "\r\n\r\n") != NULL) {
      if (write(client, answer, (size_t)length) != length) return;
      filled = 0;
    } else if (filled == sizeof request - 1) {
      return;
    }
  }
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {INADDR_ANY}};
  int yes = 1;
  int server = socket(AF_INET, SOCK_STREAM, 0);
  signal(SIGTERM, end);
  signal(SIGQUIT, end);
  signal(SIGINT, end);
  signal(SIGCHLD, SIG_IGN);
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(server, (struct sockaddr *)&address, sizeof address) != 0 || listen(server, backlog) != 0) {
    perror("web-server: port 80");
    return 1;
  }
  for (;;) {
    int client = accept(server, NULL, NULL);
    if (client < 0) continue;
    if (fork() == 0) {
      close(server);
      serve(client);
      _exit(0);
    }
    close(client);
  }
}
