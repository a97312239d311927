# Asks for a path over HTTP and writes the line with the status: $1 the address, $2 the port, $3 the path, $4 the host's name.
exec 3<>"/dev/tcp/$1/$2" || exit 7
printf 'GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: ironwright\r\nAccept: */*\r\nConnection: close\r\n\r\n' "$3" "$4" >&3
IFS= read -r status <&3 || exit 8
printf '%s\n' "$status"
