"""Says its host name to whoever connects to TCP port 8080, and to whoever sends anything to UDP port 8080."""

import socket
import threading

NAME = socket.gethostname().encode()


def tcp():
    with socket.create_server(("", 8080), backlog=256) as server:
        while True:
            try:
                asker, _ = server.accept()
                with asker:
                    asker.sendall(NAME)
            except OSError:
                pass


def udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("", 8080))
        while True:
            try:
                _, asker = server.recvfrom(64)
                server.sendto(NAME, asker)
            except OSError:
                pass


threading.Thread(target=udp).start()
tcp()
