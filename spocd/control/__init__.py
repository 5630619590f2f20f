"""The control socket: Varlink (varlink.org) over a unix socket, from the shell's commands to the operations."""
