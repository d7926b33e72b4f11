#include "cli/help_text.h"

namespace starling::cli {

std::string_view version() { return STARLING_VERSION; }

// Longer than usual: it is one text.
std::string_view program_help() {
  return R"(NAME
    starling - a node of a network that needs no servers

SYNOPSIS
    starling up [--home DIR] [OPTION]...
    starling COMMAND [--home DIR] [--json] [ARGUMENT]...

DESCRIPTION
    One program on each computer. It finds neighbours, makes encrypted links to them, and
    together the nodes carry everything that all of them want to send. 'starling up' is the
    node; every other command talks to the node that runs with the same home.

COMMANDS
    up              Start a node and keep it running until Ctrl-C
    status          What the node is doing
    peers           The node's links, and whom it is dialling
    id              Key, account and IPv6 address; works without a node
    invite          Make a link that lets one other node join
    join LINK       Take up an invitation and become friends
    ping NODE       Ask a node for an answer, over any number of hops
    trace NODE      Show the way to a node, and why it is taken
    routes          The routing table: whom this node can reach, and how (--all, --long)
    publish PATH    Publish a file or folder, by itself or as a site (--site NAME)
    get LINK        Fetch a file, or a folder with all that is in it (-o PATH)
    open LINK       Open a link in the browser
    pin LINK        Fetch something, keep it, and let others have it from here
    unpin LINK      Keep something no longer
    sites           Your sites
    pins            What the node keeps besides your sites
    transfers       What is being published and fetched
    send WHO TEXT   Write a message to somebody: a contact's name or an account's key
    inbox           Messages from and to you (--follow)
    contacts        The people whom you know by a name (add, remove, block, unblock)
    page            Open your node's page in the browser
    demo            Start a flock of nodes on this computer and watch it (--nodes N, --once)
    doctor          Look for what is wrong, and say what to do
    stop            Stop the node
    help [COMMAND]  This text, or the options of a command
    version         Print the program's version

COMMON OPTIONS
    --home DIR      Folder that holds everything of the node. Without it: config.toml in
                    $XDG_CONFIG_HOME/starling (~/.config/starling) and the rest in
                    $XDG_DATA_HOME/starling (~/.local/share/starling)
    --json          Print JSON, on one line; its member names are stable
    -h, --help      The options of a command

FILES
    DIR/config.toml       Options of 'up', each by its name: network = "world",
                          listen = ["udp://0.0.0.0:7117"], no-lan = true. The command line
                          wins. Never written by the program
    DIR/data/identity     The secret keys of node and account. Keep a copy: without it nobody
                          can be this node again
    DIR/data/store/       What the node remembers: neighbours, friends, invitations
    DIR/data/blobs/       What is published here, and what was fetched
    DIR/data/tables.db    Your messages, contacts, sites with their keys, what is kept
    DIR/data/run/api.json Where the running node listens for commands, and the token for them
    DIR/data/lock         Held by the running node

PORTS
    7117 UDP and TCP for other nodes, 7116 UDP for finding them on the local network,
    127.0.0.1:7118 for the commands, and 127.0.0.1:7119 for published sites in a browser.

EXIT STATUS
    0  done
    1  failed; the reason is on standard error
    2  wrong usage

EXAMPLES
    starling up                          start a node
    starling invite                      make a link for a friend
    starling join 'starling:k...'        what the friend does with it
    starling up --home /tmp/second --listen udp://0.0.0.0:7127 --api 127.0.0.1:7128
                                         a second node on this computer
    starling publish ~/site --site me    publish a site; prints its link
    starling open 'starling://s...'      read it in the browser
    starling contacts add bob a...       know somebody by a name
    starling send bob 'Lunch?'           write to him
    starling peers --json                for scripts
)";
}

std::string_view up_footer() {
  return R"(
Every option but --home is also a key of config.toml, by its name without the dashes; what
is given here replaces what is there. A switch of the file is turned off by =false, as in
--no-lan=false.

The node prints its key, its addresses and "Ready." when others can reach it. Ctrl-C or
'starling stop' ends it cleanly; a second Ctrl-C at once.)";
}

}  // namespace starling::cli
