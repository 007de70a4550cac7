// The product's face: faulty configurations and exactly what Weir says of them.
#include <gtest/gtest.h>

#include <string_view>

#include "config/config.h"
#include "proxy/snapshot.h"

namespace weir::config {
namespace {

struct Faulty {
    std::string_view text;
    std::string_view report;
};

const Faulty kFaulty[] = {
    {R"(site :80 {
    limit 20/sec burst 40
    proxy a:1
}
)",
     R"(weir.conf:2:5: error: unknown directive 'limit'
   2 |     limit 20/sec burst 40
     |     ^^^^^ expected a directive of 'site'
)"},
    {R"(site :80 { prxy localhost:3000 }
)",
     R"(weir.conf:1:12: error: unknown directive 'prxy'
   1 | site :80 { prxy localhost:3000 }
     |            ^^^^ did you mean 'proxy'?
)"},
    {R"(location /x { proxy a:1 }
)",
     R"(weir.conf:1:1: error: unknown directive 'location'
   1 | location /x { proxy a:1 }
     | ^^^^^^^^ did you mean 'route'?
)"},
    {R"(site :80 { proxy_pass http://a; respond 200 }
)",
     R"(weir.conf:1:12: error: unknown directive 'proxy_pass'
   1 | site :80 { proxy_pass http://a; respond 200 }
     |            ^^^^^^^^^^ did you mean 'proxy'?
)"},
    {R"(site :80 { server a:1; respond 200 }
)",
     R"(weir.conf:1:12: error: 'server' can't stand in 'site'
   1 | site :80 { server a:1; respond 200 }
     |            ^^^^^^ it belongs in 'upstream'
)"},
    {R"(site :80 {
    zzzz 1
    respond 200
}
)",
     R"(weir.conf:2:5: error: unknown directive 'zzzz'
   2 |     zzzz 1
     |     ^^^^ expected a directive of 'site'
)"},
    {R"(upstream a { server a:1; route /x { proxy a } }
site :80 { proxy a }
)",
     R"(weir.conf:1:26: error: 'route' can't stand in 'upstream'
   1 | upstream a { server a:1; route /x { proxy a } }
     |                          ^^^^^ it belongs in 'site'
)"},
    {R"(drain 10
)",
     R"(weir.conf:1:7: error: a time without a unit in 'drain 10'
   1 | drain 10
     |       ^^ expected ms, s, m, h or d; did you mean '10s'?
)"},
    {R"(drain 10sec
)",
     R"(weir.conf:1:9: error: unknown unit of a time in 'drain 10sec'
   1 | drain 10sec
     |         ^^^ expected ms, s, m, h or d; did you mean '10s'?
)"},
    {R"(drain 1.5h
)",
     R"(weir.conf:1:7: error: a time is a whole number of units in 'drain 1.5h'
   1 | drain 1.5h
     |       ^^^^ expected a time such as 10s
)"},
    {R"(drain ten
)",
     R"(weir.conf:1:7: error: this is not a time in 'drain ten'
   1 | drain ten
     |       ^^^ expected a time such as 10s
)"},
    {R"(drain 99999999999d
)",
     R"(weir.conf:1:7: error: a time is too large in 'drain 99999999999d'
   1 | drain 99999999999d
     |       ^^^^^^^^^^^^ at most 3650d
)"},
    {R"(site :80 { proxy a:1; timeout { connect 5s } }
)",
     R"(weir.conf:1:33: error: 'connect' can't stand in 'timeout' of a route
   1 | site :80 { proxy a:1; timeout { connect 5s } }
     |                                 ^^^^^^^ it belongs in 'timeout' of an upstream, the top level, 'site', 'route', 'policy' or 'use'
)"},
    {R"(site :80 { proxy a:1; timeout 10s { total 5s } }
)",
     R"(weir.conf:1:23: error: 'total' is given twice
   1 | site :80 { proxy a:1; timeout 10s { total 5s } }
     |                       ^^^^^^^ the first is at weir.conf:1
)"},
    {R"(site :80 { proxy a:1; body max 10MB }
)",
     R"(weir.conf:1:34: error: unknown unit of a size in 'body max 10MB'
   1 | site :80 { proxy a:1; body max 10MB }
     |                                  ^^ expected B, KiB, MiB or GiB; did you mean '10MiB'?
)"},
    {R"(site :80 { cache { slice 1KiB }; proxy a:1 }
)",
     R"(weir.conf:1:26: error: slices of a size that makes no sense
   1 | site :80 { cache { slice 1KiB }; proxy a:1 }
     |                          ^^^^ expected 16KiB to 64MiB
)"},
    {R"(site :80 { proxy a:1; body max 10 }
)",
     R"(weir.conf:1:32: error: a size without a unit in 'body max 10'
   1 | site :80 { proxy a:1; body max 10 }
     |                                ^^ expected B, KiB, MiB or GiB, or off
)"},
    {R"(site :80 { proxy a:1; body 10MiB }
)",
     R"(weir.conf:1:28: error: unexpected '10MiB' in 'body'
   1 | site :80 { proxy a:1; body 10MiB }
     |                            ^^^^^ expected 'body max off|SIZE'
)"},
    {R"(limits { header_bytes 4GiB }
)",
     R"(weir.conf:1:23: error: this size is out of range
   1 | limits { header_bytes 4GiB }
     |                       ^^^^ expected a size from 256B to 1MiB
)"},
    {R"(limits { body_rate 240 }
)",
     R"(weir.conf:1:20: error: this is not a rate of octets in 'body_rate 240'
   1 | limits { body_rate 240 }
     |                    ^^^ expected a size a second, such as 240B/s or 64KiB/s, or off
)"},
    {R"(limits { body_rate 240KB/s }
)",
     R"(weir.conf:1:23: error: unknown unit of a size in 'body_rate 240KB/s'
   1 | limits { body_rate 240KB/s }
     |                       ^^ expected B, KiB, MiB or GiB; did you mean '240KiB'?
)"},
    {R"(workers atuo
)",
     R"(weir.conf:1:9: error: this is not a number in 'workers atuo'
   1 | workers atuo
     |         ^^^^ did you mean 'auto'?
)"},
    {R"(workers 0
)",
     R"(weir.conf:1:9: error: this number is out of range in 'workers 0'
   1 | workers 0
     |         ^ expected a whole number from 1 to 1024, or auto
)"},
    {R"(upstream a { server a:1 weight 0 }
site :80 { proxy a }
)",
     R"(weir.conf:1:32: error: this number is out of range in 'server a:1 weight 0'
   1 | upstream a { server a:1 weight 0 }
     |                                ^ expected a whole number from 1 to 1000
)"},
    {R"(upstream a { server a:1 weigth 2 }
site :80 { proxy a }
)",
     R"(weir.conf:1:25: error: unexpected 'weigth' in 'server'
   1 | upstream a { server a:1 weigth 2 }
     |                         ^^^^^^ expected weight, max_connections or backup; did you mean 'weight'?
)"},
    {R"(upstream a { server a:1 weight }
site :80 { proxy a }
)",
     R"(weir.conf:1:25: error: missing N in 'server a:1 weight'
   1 | upstream a { server a:1 weight }
     |                         ^^^^^^ expected 'server SERVER... [weight N] [max_connections N] [backup]'
)"},
    {R"(upstream a { server a:1 weight 1 weight 2 }
site :80 { proxy a }
)",
     R"(weir.conf:1:34: error: an option given twice in 'server a:1 weight 1 weight'
   1 | upstream a { server a:1 weight 1 weight 2 }
     |                                  ^^^^^^ once is enough
)"},
    {R"(log json x.log { sample 10 }
site :80 { proxy a:1 }
)",
     R"(weir.conf:1:25: error: a share without '%' in 'sample 10'
   1 | log json x.log { sample 10 }
     |                         ^^ did you mean '10%'?
)"},
    {R"(log json x.log { sample 200% }
site :80 { proxy a:1 }
)",
     R"(weir.conf:1:25: error: more than everything
   1 | log json x.log { sample 200% }
     |                         ^^^^ expected at most 100%
)"},
    {R"(log jsno x.log
site :80 { proxy a:1 }
)",
     R"(weir.conf:1:5: error: a format without variables in 'log jsno'
   1 | log jsno x.log
     |     ^^^^ expected combined, json or a text with variables; did you mean 'json'?
)"},
    {R"(trusted_proxies 10.0.0.1/8
)",
     R"(weir.conf:1:17: error: a network with bits beyond its prefix in 'trusted_proxies 10.0.0.1/8'
   1 | trusted_proxies 10.0.0.1/8
     |                 ^^^^^^^^^^ did you mean '10.0.0.0/8'?
)"},
    {R"(trusted_proxies 10.0.0.0/33
)",
     R"(weir.conf:1:26: error: this is not the length of a prefix in 'trusted_proxies 10.0.0.0/33'
   1 | trusted_proxies 10.0.0.0/33
     |                          ^^ expected a number from 0 to 32
)"},
    {R"(trusted_proxies localhost
)",
     R"(weir.conf:1:17: error: this is not a network in 'trusted_proxies localhost'
   1 | trusted_proxies localhost
     |                 ^^^^^^^^^ expected an address or a network, such as 10.0.0.1 or 10.0.0.0/8
)"},
    {R"(site :80 { listen 8080; proxy a:1 }
)",
     R"(weir.conf:1:19: error: an address without a port in 'listen 8080'
   1 | site :80 { listen 8080; proxy a:1 }
     |                   ^^^^ did you mean ':8080'?
)"},
    {R"(site :80 { listen 127.0.0.1; proxy a:1 }
)",
     R"(weir.conf:1:19: error: an address without a port in 'listen 127.0.0.1'
   1 | site :80 { listen 127.0.0.1; proxy a:1 }
     |                   ^^^^^^^^^ expected :8080, 127.0.0.1:8080 or [::1]:8080
)"},
    {R"(site :80 { listen ::1:80; proxy a:1 }
)",
     R"(weir.conf:1:19: error: an IPv6 address stands in brackets in 'listen ::1:80'
   1 | site :80 { listen ::1:80; proxy a:1 }
     |                   ^^^^^^ did you mean '[::1]:80'?
)"},
    {R"(site :80 { listen http://127.0.0.1:80; proxy a:1 }
)",
     R"(weir.conf:1:19: error: an address to listen on has no scheme in 'listen http://127.0.0.1:80'
   1 | site :80 { listen http://127.0.0.1:80; proxy a:1 }
     |                   ^^^^^^^ did you mean '127.0.0.1:80'?
)"},
    {R"(site :80 { listen 127.0.0.1:99999; proxy a:1 }
)",
     R"(weir.conf:1:29: error: this is not a port in 'listen 127.0.0.1:99999'
   1 | site :80 { listen 127.0.0.1:99999; proxy a:1 }
     |                             ^^^^^ expected a number from 1 to 65535
)"},
    {R"(site a.test, b.test { proxy a:1, b:2 }
)",
     R"(weir.conf:1:12: error: a comma after a word in 'site a.test,'
   1 | site a.test, b.test { proxy a:1, b:2 }
     |            ^ spaces alone separate words
weir.conf:1:32: error: a comma after a word in 'proxy a:1,'
   1 | site a.test, b.test { proxy a:1, b:2 }
     |                                ^ spaces alone separate words
)"},
    {R"(site :80 { listen unix:run/x; proxy a:1 }
)",
     R"(weir.conf:1:19: error: the path of a Unix socket is not absolute in 'listen unix:run/x'
   1 | site :80 { listen unix:run/x; proxy a:1 }
     |                   ^^^^^^^^^^ expected unix:/path, or unix:@name for the abstract name space
)"},
    {R"(site :80 { proxy tcp://localhost:3000 }
)",
     R"(weir.conf:1:18: error: the address of a server has no scheme in 'proxy tcp://localhost:3000'
   1 | site :80 { proxy tcp://localhost:3000 }
     |                  ^^^^^^ did you mean 'localhost:3000'?
)"},
    {R"(site :80 { proxy http://localhost:3000/app }
)",
     R"(weir.conf:1:39: error: the address of a server has no path in 'proxy http://localhost:3000/app'
   1 | site :80 { proxy http://localhost:3000/app }
     |                                       ^^^^ use 'rewrite' to change the path
)"},
    {R"(upstream a { server https://b c:80 }
site :80 { proxy a }
)",
     R"(weir.conf:1:21: error: some servers of this upstream speak TLS and others don't
   1 | upstream a { server https://b c:80 }
     |                     ^^^^^^^^^ expected 'https://' in front of all of them, or of none
)"},
    {R"(upstream a { server b:80; protocol h2 }
site :80 { proxy a }
)",
     R"(weir.conf:1:27: error: 'protocol h2' is HTTP/2 over TLS, and these servers are in the clear
   1 | upstream a { server b:80; protocol h2 }
     |                           ^^^^^^^^ expected 'https://' in front of the servers, or 'protocol h2c'
)"},
    {R"(upstream a { server https://b; protocol h2c }
site :80 { proxy a }
)",
     R"(weir.conf:1:32: error: 'protocol h2c' is HTTP/2 in the clear, and these servers speak TLS
   1 | upstream a { server https://b; protocol h2c }
     |                                ^^^^^^^^ expected 'protocol h2'
)"},
    {R"(upstream a { server b:80; protocol h2c; proxy_protocol v2 }
site :80 { proxy a }
)",
     R"(weir.conf:1:27: error: 'proxy_protocol' is for connections of one client, those of HTTP/2 are shared
   1 | upstream a { server b:80; protocol h2c; proxy_protocol v2 }
     |                           ^^^^^^^^ expected 'protocol h1'
)"},
    {R"(upstream a { server unix:/x; tls on }
site :80 { proxy a }
)",
     R"(weir.conf:1:30: error: a server behind a Unix socket has no name to verify
   1 | upstream a { server unix:/x; tls on }
     |                              ^^^ expected 'tls { name HOST }'
)"},
    {R"(upstream a { server https://b; tls { pin abc } }
site :80 { proxy a }
)",
     R"(weir.conf:1:32: error: can't speak TLS with the servers of 'a'
   1 | upstream a { server https://b; tls { pin abc } }
     |                                ^^^ the pin 'abc' is not the base64 of a SHA-256 digest (44 characters)
)"},
    {R"(upstream a { server https://b; tls insecure }
site :80 { proxy a }
)",
     R"(weir.conf:1:32: warning: the servers of this upstream are not verified: whoever answers can read and change what is sent
   1 | upstream a { server https://b; tls insecure }
     |                                ^^^ 'ca FILE', 'name HOST' or 'pin TEXT' in 'tls' say what to trust
)"},
    {R"(upstream a { server app }
site :80 { proxy a }
)",
     R"(weir.conf:1:21: error: an address without a port in 'server app'
   1 | upstream a { server app }
     |                     ^^^ did you mean 'app:80'?
)"},
    {R"(upstream a { server app:80/x }
site :80 { proxy a }
)",
     R"(weir.conf:1:27: error: the address of a server has no path in 'server app:80/x'
   1 | upstream a { server app:80/x }
     |                           ^^ use 'rewrite' to change the path
)"},
    {R"(upstream a { server 2001:db8::1:80 }
site :80 { proxy a }
)",
     R"(weir.conf:1:21: error: an IPv6 address stands in brackets in 'server 2001:db8::1:80'
   1 | upstream a { server 2001:db8::1:80 }
     |                     ^^^^^^^^^^^^^^ did you mean '[2001:db8::1]:80'?
)"},
    {R"(site *.example.com { proxy a:1 }
)",
     R"(weir.conf:1:6: error: no certificate can be fetched for '*.example.com': a wildcard needs the dns-01 challenge, which Weir lacks
   1 | site *.example.com { proxy a:1 }
     |      ^^^^^^^^^^^^^ say 'tls FILE KEY' or 'tls internal', or write 'http://' in front
)"},
    {R"(site example.com { tls intenal; proxy a:1 }
)",
     R"(weir.conf:1:24: error: the certificate 'intenal' has no key
   1 | site example.com { tls intenal; proxy a:1 }
     |                        ^^^^^^^ did you mean 'internal'?
)"},
    {R"(site example.com { tls /nowhere/a.pem /nowhere/a.key; proxy a:1 }
)",
     R"(weir.conf:1:24: error: can't use the certificate '/nowhere/a.pem'
   1 | site example.com { tls /nowhere/a.pem /nowhere/a.key; proxy a:1 }
     |                        ^^^^^^^^^^^^^^ /nowhere/a.pem: No such file or directory
)"},
    {R"(site :443 { respond 200 }
site example.com { tls internal; respond 200 }
)",
     R"(weir.conf:2:6: error: 'example.com' would speak TLS on [::]:443
   2 | site example.com { tls internal; respond 200 }
     |      ^^^^^^^^^^^ it speaks plain HTTP by weir.conf:1
)"},
    {R"(site example.com { tls { versions 1.3 1.2; certificate internal }; respond 200 }
)",
     R"(weir.conf:1:26: error: the lowest version is higher than the highest
   1 | site example.com { tls { versions 1.3 1.2; certificate internal }; respond 200 }
     |                          ^^^^^^^^ expected 'versions 1.2 1.3'
)"},
    {R"(tickets { lifetime 8d }
site :80 { respond 200 }
)",
     R"(weir.conf:1:1: error: a time of 'tickets' is out of range
   1 | tickets { lifetime 8d }
     | ^^^^^^^ expected 'rotation' from 1s, 'lifetime' from 1s to 7d
)"},
    {R"(acme { ca ftp://ca.test }
site :80 { respond 200 }
)",
     R"(weir.conf:1:11: error: 'ftp://ca.test' is not a URL that can be asked
   1 | acme { ca ftp://ca.test }
     |           ^^^^^^^^^^^^^ expected https://…
)"},
    {R"(site http://example.com/shop { proxy a:1 }
)",
     R"(weir.conf:1:24: error: the name of a site has no path in 'site http://example.com/shop'
   1 | site http://example.com/shop { proxy a:1 }
     |                        ^^^^^ write a 'route' for the path
)"},
    {R"(site http://exa*mple.com { proxy a:1 }
)",
     R"(weir.conf:1:13: error: '*' stands only for the whole first label in 'site http://exa*mple.com'
   1 | site http://exa*mple.com { proxy a:1 }
     |             ^^^^^^^^^^^^ expected a name such as *.example.com
)"},
    {R"(site http://bücher.example { proxy a:1 }
)",
     R"(weir.conf:1:13: error: a host outside of ASCII in 'site http://bücher.example'
   1 | site http://bücher.example { proxy a:1 }
     |             ^^^^^^^^^^^^^^ expected its A-label, such as xn--bcher-kva.example
)"},
    {R"(site ftp://example.com { proxy a:1 }
)",
     R"(weir.conf:1:6: error: unknown scheme of a site in 'site ftp://example.com'
   1 | site ftp://example.com { proxy a:1 }
     |      ^^^^^^ expected http:// or https://
)"},
    {R"(site { proxy a:1 }
)",
     R"(weir.conf:1:1: error: missing SITE in 'site'
   1 | site { proxy a:1 }
     | ^^^^ expected 'site SITE...'
)"},
    {R"(site :80
)",
     R"(weir.conf:1:1: error: 'site' needs a block
   1 | site :80
     | ^^^^^^^^ expected '{ … }' behind it
)"},
    {R"(upstream shop { server a:1 }
site :80 { proxy shpo }
)",
     R"(weir.conf:2:18: error: no upstream is named 'shpo'
   2 | site :80 { proxy shpo }
     |                  ^^^^ did you mean 'shop'?
)"},
    {R"(site :80 { proxy example.com }
)",
     R"(weir.conf:1:18: error: no upstream is named 'example.com'
   1 | site :80 { proxy example.com }
     |                  ^^^^^^^^^^^ an address is written with its port: 'example.com:80'
)"},
    {R"(upstream shop { balance round_robin }
site :80 { proxy shop }
)",
     R"(weir.conf:1:1: error: the upstream 'shop' has no server
   1 | upstream shop { balance round_robin }
     | ^^^^^^^^^^^^^ expected 'server ADDRESS' in it
)"},
    {R"(upstream shop { server a:1 }
upstream shop { server b:1 }
site :80 { proxy shop }
)",
     R"(weir.conf:2:10: error: the upstream 'shop' is given twice
   2 | upstream shop { server b:1 }
     |          ^^^^ the first is at weir.conf:1
)"},
    {R"(upstream a { like b; server a:1 }
upstream b { like a; server b:1 }
site :80 { route /a { proxy a }; route /b { proxy b } }
)",
     R"(weir.conf:1:1: error: the upstream 'a' is like itself
   1 | upstream a { like b; server a:1 }
     | ^^^^^^^^ take one 'like' away
)"},
    {R"(upstream a { like z; server a:1 }
site :80 { proxy a }
)",
     R"(weir.conf:1:19: error: no upstream is named 'z'
   1 | upstream a { like z; server a:1 }
     |                   ^ did you mean 'a'?
)"},
    {R"(upstream a { server a:1; balance roundrobin }
site :80 { proxy a }
)",
     R"(weir.conf:1:34: error: unexpected 'roundrobin' in 'balance'
   1 | upstream a { server a:1; balance roundrobin }
     |                                  ^^^^^^^^^^ expected round_robin, least_connections, random or hash; did you mean 'round_robin'?
)"},
    {R"(upstream a { server a:1; balance hash client-ip }
site :80 { proxy a }
)",
     R"(weir.conf:1:39: error: a key without variables in 'balance hash client-ip'
   1 | upstream a { server a:1; balance hash client-ip }
     |                                       ^^^^^^^^^ expected client_ip, path, header FIELD, cookie NAME or a text)"
     R"( with variables; did you mean 'client_ip'?
)"},
    {R"(upstream a { server a:1; balance hash cookie }
site :80 { proxy a }
)",
     R"(weir.conf:1:39: error: a key without variables in 'balance hash cookie'
   1 | upstream a { server a:1; balance hash cookie }
     |                                       ^^^^^^ expected client_ip, path, header FIELD, cookie NAME or a text with variables
)"},
    {R"(upstream a { server a:1; check healthz }
site :80 { proxy a }
)",
     R"(weir.conf:1:32: error: a path begins with '/' in 'check healthz'
   1 | upstream a { server a:1; check healthz }
     |                                ^^^^^^^ did you mean '/healthz'?
)"},
    {R"(upstream a { server a:1; check /healthz every 2 }
site :80 { proxy a }
)",
     R"(weir.conf:1:47: error: a time without a unit in 'check /healthz every 2'
   1 | upstream a { server a:1; check /healthz every 2 }
     |                                               ^ expected ms, s, m, h or d; did you mean '2s'?
)"},
    {R"(upstream a { server a:1; check /healthz expect 399-200 }
site :80 { proxy a }
)",
     R"(weir.conf:1:48: error: a range of statuses that is empty in 'check /healthz expect 399-200'
   1 | upstream a { server a:1; check /healthz expect 399-200 }
     |                                                ^^^^^^^ did you mean '200-399'?
)"},
    {R"(upstream a { server a:1; eject after 5 for 10s }
site :80 { proxy a }
)",
     R"(weir.conf:1:40: error: unexpected 'for' in 'eject'
   1 | upstream a { server a:1; eject after 5 for 10s }
     |                                        ^^^ expected 'eject after N failures for TIME [up_to TIME] [max PERCENT]'
)"},
    {R"(upstream a { server a:1; queue 200 }
site :80 { proxy a }
)",
     R"(weir.conf:1:32: error: missing 'for' in 'queue 200'
   1 | upstream a { server a:1; queue 200 }
     |                                ^^^ expected 'queue N for TIME'
)"},
    {R"(upstream a { server a:1; retry 1; retry 2 }
site :80 { proxy a }
)",
     R"(weir.conf:1:35: error: 'retry' is given twice
   1 | upstream a { server a:1; retry 1; retry 2 }
     |                                   ^^^^^ the first is at weir.conf:1
)"},
    {R"(upstream a { server a:1 a:1 }
site :80 { proxy a }
)",
     R"(weir.conf:1:25: error: the server 'a:1' is given twice
   1 | upstream a { server a:1 a:1 }
     |                         ^^^ a server has one place in a group
)"},
    {R"(upstream a { server a:1 }
site :80 { proxy a b:2 }
)",
     R"(weir.conf:2:18: error: 'a' stands in a list of servers
   2 | site :80 { proxy a b:2 }
     |                  ^ expected one upstream, or addresses with their ports
)"},
    {R"(site :80 { route /a { header response set X y } }
)",
     R"(weir.conf:1:12: error: this route answers nothing
   1 | site :80 { route /a { header response set X y } }
     |            ^^^^^^^^ expected proxy, respond or redirect, here or in its site
)"},
    {R"(site :80 { route api/* { proxy a:1 } }
)",
     R"(weir.conf:1:18: error: a path pattern begins with '/', '*' or '~' in 'route api/*'
   1 | site :80 { route api/* { proxy a:1 } }
     |                  ^^^^^ did you mean '/api/*'?
)"},
    {R"(site :80 { route example.com/api { proxy a:1 } }
)",
     R"(weir.conf:1:18: error: a route matches a path in 'route example.com/api'
   1 | site :80 { route example.com/api { proxy a:1 } }
     |                  ^^^^^^^^^^^^^^^ a path begins with '/'; hosts are the names of a site
)"},
    {R"(site :80 { route ~^/(x { proxy a:1 } }
)",
     R"(weir.conf:1:22: error: this regex does not compile in 'route ~^/(x'
   1 | site :80 { route ~^/(x { proxy a:1 } }
     |                      ^ missing closing parenthesis
)"},
    {R"(site :80 { route '~^/(x' { proxy a:1 } }
)",
     R"(weir.conf:1:23: error: this regex does not compile in 'route ~^/(x'
   1 | site :80 { route '~^/(x' { proxy a:1 } }
     |                       ^ missing closing parenthesis
)"},
    {R"(site :80 { route /a?b=1 { proxy a:1 } }
)",
     R"(weir.conf:1:20: error: a path pattern without a query in 'route /a?b=1'
   1 | site :80 { route /a?b=1 { proxy a:1 } }
     |                    ^^^^ use 'when query NAME' for it
)"},
    {R"(site :80 { route /a { when method get; proxy a:1 } }
)",
     R"(weir.conf:1:35: error: methods are written in capitals in 'when method get'
   1 | site :80 { route /a { when method get; proxy a:1 } }
     |                                   ^^^ did you mean 'GET'?
)"},
    {R"(site :80 { route /a { when metod GET; proxy a:1 } }
)",
     R"(weir.conf:1:28: error: unexpected 'metod' in 'when'
   1 | site :80 { route /a { when metod GET; proxy a:1 } }
     |                            ^^^^^ expected method, header, query, cookie, client, tls, ja4, ja3 or not; did you mean 'method'?
)"},
    {R"(site :80 { route /a { when header; proxy a:1 } }
)",
     R"(weir.conf:1:28: error: missing FIELD in 'when header'
   1 | site :80 { route /a { when header; proxy a:1 } }
     |                            ^^^^^^ expected 'when header FIELD [MATCH...]'
)"},
    {R"(site :80 { route /a { when header X-A: 1; proxy a:1 } }
)",
     R"(weir.conf:1:35: error: the name of a header ends without ':' in 'when header X-A:'
   1 | site :80 { route /a { when header X-A: 1; proxy a:1 } }
     |                                   ^^^^ did you mean 'X-A'?
)"},
    {R"(site :80 { route /a { when cookie c ~a b; proxy a:1 } }
)",
     R"(weir.conf:1:37: error: a regex stands alone
   1 | site :80 { route /a { when cookie c ~a b; proxy a:1 } }
     |                                     ^^ join the alternatives in one regex: '~a|b'
)"},
    {R"(site :80 { }
)",
     R"(weir.conf:1:1: error: this site answers nothing
   1 | site :80 { }
     | ^^^^^^^^ expected proxy, respond or redirect
)"},
    {R"(site :80 {
    route /assets/* { proxy a:1 }
    route /assets/img/* { proxy b:1 }
}
)",
     R"(weir.conf:3:5: error: this route can never match: '/assets/img/*' is covered by '/assets/*' (line 2)
)"},
    {R"(site http://a.example { proxy a:1 }
site http://a.example { proxy b:1 }
)",
     R"(weir.conf:2:1: error: the host 'a.example' is taken on this listener: by 'http://a.example' (line 1)
)"},
    {R"(site :80 { proxy a:1; redirect /x }
)",
     R"(weir.conf:1:23: error: 'redirect' and 'proxy' exclude each other
   1 | site :80 { proxy a:1; redirect /x }
     |                       ^^^^^^^^ 'proxy' is at weir.conf:1
)"},
    {R"(site :80 { route /a { proxy a:1; route /b { proxy b:1 } } }
)",
     R"(weir.conf:1:34: error: 'route' can't stand in 'route'
   1 | site :80 { route /a { proxy a:1; route /b { proxy b:1 } } }
     |                                  ^^^^^ it belongs in 'site'
)"},
    {R"(site :80 { redirect 300 /x }
)",
     R"(weir.conf:1:25: error: unexpected '/x' in 'redirect'
   1 | site :80 { redirect 300 /x }
     |                         ^^ expected 'redirect [301|302|303|307|308] TEMPLATE'
)"},
    {R"(site :80 { redirect example.com }
)",
     R"(weir.conf:1:21: error: where to, in 'redirect example.com'?
   1 | site :80 { redirect example.com }
     |                     ^^^^^^^^^^^ expected a path or a whole URL; did you mean 'https://example.com'?
)"},
    {R"(site :80 { respond 200 file nowhere.html }
)",
     R"(weir.conf:1:29: error: can't read 'nowhere.html'
   1 | site :80 { respond 200 file nowhere.html }
     |                             ^^^^^^^^^^^^ No such file or directory
)"},
    {R"(site :80 { respond 204 text }
)",
     R"(weir.conf:1:20: error: an answer with the status 204 has no body
   1 | site :80 { respond 204 text }
     |                    ^^^ take the body away
)"},
    {R"(site :80 { respond 99 }
)",
     R"(weir.conf:1:20: error: this is not a status in 'respond 99'
   1 | site :80 { respond 99 }
     |                    ^^ expected a number from 100 to 599
)"},
    {R"(site :80 { respond 200 "$hots" }
)",
     R"(weir.conf:1:25: error: unknown variable '$hots' in 'respond 200 $hots'
   1 | site :80 { respond 200 "$hots" }
     |                         ^^^^^ did you mean '$host'?
)"},
    {R"(site :80 {
  proxy a:1
  error_page 502 404 body a
  error_page 500-503 body b
  route /a { proxy a:1; error_page 404 body inner }
}
)",
     R"(weir.conf:4:14: error: '500-503' has an error page already
   4 |   error_page 500-503 body b
     |              ^^^^^^^ the first is at weir.conf:3
)"},
    {R"(site :80 { proxy a:1; error_page 200 x.html }
)",
     R"(weir.conf:1:34: error: an error page for what is no error
   1 | site :80 { proxy a:1; error_page 200 x.html }
     |                                  ^^^ expected statuses from 400 to 599
weir.conf:1:38: error: can't read 'x.html'
   1 | site :80 { proxy a:1; error_page 200 x.html }
     |                                      ^^^^^^ No such file or directory
)"},
    {R"(site :80 { proxy a:1; header response set X-A }
)",
     R"(weir.conf:1:43: error: missing VALUE in 'header response set X-A'
   1 | site :80 { proxy a:1; header response set X-A }
     |                                           ^^^ expected 'header request|response set|add FIELD VALUE'
)"},
    {R"(site :80 { proxy a:1; header set X-A b }
)",
     R"(weir.conf:1:30: error: unexpected 'set' in 'header'
   1 | site :80 { proxy a:1; header set X-A b }
     |                              ^^^ expected request or response
)"},
    {R"(site :80 { proxy a:1; header response set "X A" b }
)",
     R"(weir.conf:1:43: error: this is not the name of a header in 'header response set X A'
   1 | site :80 { proxy a:1; header response set "X A" b }
     |                                           ^^^^^ expected letters, digits and '-', such as X-Beta
)"},
    {R"(site :80 { proxy a:1; header response set Content-Length 3 }
)",
     R"(weir.conf:1:43: error: 'Content-Length' can't be edited
   1 | site :80 { proxy a:1; header response set Content-Length 3 }
     |                                           ^^^^^^^^^^^^^^ it belongs to the framing of messages, which Weir keeps itself
)"},
    {R"(site :80 { proxy a:1; header response set X-A "a\nb" }
)",
     R"(weir.conf:1:47: error: a control octet in a header in 'header response set X-A a\nb'
   1 | site :80 { proxy a:1; header response set X-A "a\nb" }
     |                                               ^^^^^^ a value is one line
)"},
    {R"(site :80 { proxy a:1; header request set Authorization file:nowhere }
)",
     R"(weir.conf:1:56: error: can't read 'nowhere'
   1 | site :80 { proxy a:1; header request set Authorization file:nowhere }
     |                                                        ^^^^^^^^^^^^ No such file or directory
)"},
    {R"(site :80 { proxy a:1; rewrite strip x }
)",
     R"(weir.conf:1:31: error: unexpected 'strip' in 'rewrite'
   1 | site :80 { proxy a:1; rewrite strip x }
     |                               ^^^^^ expected strip_prefix, replace, regex or to
)"},
    {R"(site :80 { proxy a:1; rewrite regex ^/a /b }
)",
     R"(weir.conf:1:37: error: a regex begins with '~' in 'rewrite regex ^/a'
   1 | site :80 { proxy a:1; rewrite regex ^/a /b }
     |                                     ^^^ did you mean '~^/a'?
)"},
    {R"(site :80 { proxy a:1; host upstrem }
)",
     R"(weir.conf:1:28: warning: 'upstrem' is taken as the name of a host
   1 | site :80 { proxy a:1; host upstrem }
     |                            ^^^^^^^ did you mean 'upstream'?
)"},
    {R"(site :80 { proxy a:1; forwarded { x_forwarded yes } }
)",
     R"(weir.conf:1:47: error: unexpected 'yes' in 'x_forwarded'
   1 | site :80 { proxy a:1; forwarded { x_forwarded yes } }
     |                                               ^^^ expected on or off
)"},
    {R"(site :80 { proxy a:1; paths { allow backslashes } }
)",
     R"(weir.conf:1:37: error: unexpected 'backslashes' in 'allow'
   1 | site :80 { proxy a:1; paths { allow backslashes } }
     |                                     ^^^^^^^^^^^ expected encoded_nul, control_octet, bad_encoding, above_root,)"
     R"( backslash or bad_octet; did you mean 'backslash'?
)"},
    {R"(site :80 { use pubilc; proxy a:1 }
policy public { body max 1MiB }
)",
     R"(weir.conf:1:16: error: no policy is named 'pubilc'
   1 | site :80 { use pubilc; proxy a:1 }
     |                ^^^^^^ did you mean 'public'?
)"},
    {R"(policy a { use b }
policy b { use a }
site :80 { use a; proxy a:1 }
)",
     R"(weir.conf:1:1: error: the policy 'a' uses itself
   1 | policy a { use b }
     | ^^^^^^ take one 'use' away
)"},
    {R"(policy a { body max 1MiB }
policy b { body max 2MiB }
site :80 { use a; use b; proxy a:1 }
)",
     R"(weir.conf:3:23: error: policies differ in 'body'
   3 | site :80 { use a; use b; proxy a:1 }
     |                       ^ weir.conf:1 and weir.conf:2; say it here to decide
)"},
    {R"(policy a { listen :80 }
)",
     R"(weir.conf:1:12: error: 'listen' can't stand in 'policy'
   1 | policy a { listen :80 }
     |            ^^^^^^ it belongs in 'site'
)"},
    {R"(site :80 { proxy a:1; reset headers }
)",
     R"(weir.conf:1:29: error: nothing is taken over of 'headers'
   1 | site :80 { proxy a:1; reset headers }
     |                             ^^^^^^^ did you mean 'header'?
)"},
    {R"(site :80 { proxy a:1
)",
     R"(weir.conf:1:10: error: this block is never closed
   1 | site :80 { proxy a:1
     |          ^ expected '}' before the end of the file
)"},
    {R"(site :80 { proxy a:1 } }
)",
     R"(weir.conf:1:24: error: there is no block to close here
   1 | site :80 { proxy a:1 } }
     |                        ^ take this '}' away
)"},
    {R"(site :80
{
    proxy a:1
}
)",
     R"(weir.conf:2:1: error: a block without a directive
   2 | {
     | ^ '{' stands at the end of its directive's line
)"},
    {R"(site :80 { respond 200 "it works }
)",
     R"(weir.conf:1:24: error: this quote is never closed
   1 | site :80 { respond 200 "it works }
     |                        ^ expected " on the same line
)"},
    {R"(site :80 { respond 200 "a\d" }
)",
     R"(weir.conf:1:26: error: unknown escape in a quoted word
   1 | site :80 { respond 200 "a\d" }
     |                          ^^ expected \", \\, \n or \t; between single quotes a backslash is a backslash
)"},
    {R"(site :80 { route /a/{id} { proxy a:1 } }
)",
     R"(weir.conf:1:21: error: '{' inside a word
   1 | site :80 { route /a/{id} { proxy a:1 } }
     |                     ^ put the word in quotes, or a space before the block
)"},
    {R"(site :80 { redirect /x#top }
)",
     R"(weir.conf:1:23: error: '#' inside a word
   1 | site :80 { redirect /x#top }
     |                       ^ put the word in quotes, or a space before the comment
)"},
    {R"(site :80 { respond 200 it's }
)",
     R"(weir.conf:1:26: error: a quote inside a word
   1 | site :80 { respond 200 it's }
     |                          ^ put the whole word in quotes
)"},
    {R"(drain 10s { x }
)",
     R"(weir.conf:1:11: error: 'drain' takes no block
   1 | drain 10s { x }
     |           ^ expected the end of the directive
)"},
    {R"(drain 10s 20s
)",
     R"(weir.conf:1:11: error: unexpected '20s' in 'drain'
   1 | drain 10s 20s
     |           ^^^ expected 'drain TIME'
)"},
    {R"(admin
)",
     R"(weir.conf:1:1: error: 'admin' needs a block
   1 | admin
     | ^^^^^ expected '{ … }' behind it
)"},
    {R"(drain 10s
drain 20s
)",
     R"(weir.conf:2:1: error: 'drain' is given twice
   2 | drain 20s
     | ^^^^^ the first is at weir.conf:1
)"},
    {R"(site :80 { respond 200 $ENV{WEIR_TEST_NOT_SET} }
)",
     R"(weir.conf:1:24: error: the environment variable 'WEIR_TEST_NOT_SET' is not set
   1 | site :80 { respond 200 $ENV{WEIR_TEST_NOT_SET} }
     |                        ^^^^^^^^^^^^^^^^^^^^^^^ set it, or give a default: '$ENV{WEIR_TEST_NOT_SET:-…}'
)"},
    {R"(import
)",
     R"(weir.conf:1:1: error: missing FILE in 'import'
   1 | import
     | ^^^^^^ expected 'import FILE...'
)"},
    {R"(import nowhere.conf
)",
     R"(weir.conf:1:8: error: can't read 'nowhere.conf'
   1 | import nowhere.conf
     |        ^^^^^^^^^^^^ No such file or directory
)"},
    {R"(resolver dns.example
)",
     R"(weir.conf:1:10: error: this is not the address of a name server in 'resolver dns.example'
   1 | resolver dns.example
     |          ^^^^^^^^^^^ expected an IP address, perhaps with a port, such as 10.0.0.2 or [::1]:5353
)"},
    {R"(site :80 { listen :81 proxy_protocol; proxy a:1 }
)",
     R"(weir.conf:1:19: error: proxy_protocol without 'trusted_proxies'
   1 | site :80 { listen :81 proxy_protocol; proxy a:1 }
     |                   ^^^ say who may send it: 'trusted_proxies CIDR...' at the top level
)"},
    {R"(upstream unused { server a:1 }
site :80 { respond 200 }
)",
     R"(weir.conf:1:1: warning: no route uses the upstream 'unused'
)"},
    {R"(log off { sample 10% }
site :80 { respond 200 }
)",
     R"(weir.conf:1:1: error: 'log off' takes no block
   1 | log off { sample 10% }
     | ^^^ take 'off' or the block away
)"},
    {R"(site :80 { proxy a:1; via "my proxy" }
)",
     R"(weir.conf:1:27: error: this is not a name in 'via my proxy'
   1 | site :80 { proxy a:1; via "my proxy" }
     |                           ^^^^^^^^^^ expected letters, digits, '-', '_' and '.', or off
)"},
    {R"(user www data extra
)",
     R"(weir.conf:1:15: error: unexpected 'extra' in 'user'
   1 | user www data extra
     |               ^^^^^ expected 'user NAME [GROUP]'
)"},
    {R"(error_log stderr { level verbose }
)",
     R"(weir.conf:1:26: error: unexpected 'verbose' in 'level'
   1 | error_log stderr { level verbose }
     |                          ^^^^^^^ expected debug, info, warn or error
)"},
    {R"(site :80 { listen :80 proxy_protocol; proxy a:1 }
trusted_proxies 10.0.0.0/8
site http://b { listen :80; proxy a:1 }
)",
     R"(weir.conf:3:24: error: ':80' is given with and without proxy_protocol
   3 | site http://b { listen :80; proxy a:1 }
     |                        ^^^ the other is at weir.conf:1
)"},
    {R"(site :80 { proxy a:1; keep_alive 10s }
)",
     R"(weir.conf:1:23: error: 'keep_alive' can't stand in 'site'
   1 | site :80 { proxy a:1; keep_alive 10s }
     |                       ^^^^^^^^^^ it belongs in 'limits' or 'upstream'
)"},
    {R"(upstream a { server a:1; keep_alive off { idle 1s } }
site :80 { proxy a }
)",
     R"(weir.conf:1:26: error: 'keep_alive off' takes no block
   1 | upstream a { server a:1; keep_alive off { idle 1s } }
     |                          ^^^^^^^^^^ take 'off' or the block away
)"},
    {R"(site :80 { proxy a:1; respond 200 }
)",
     R"(weir.conf:1:23: error: 'respond' and 'proxy' exclude each other
   1 | site :80 { proxy a:1; respond 200 }
     |                       ^^^^^^^ 'proxy' is at weir.conf:1
)"},
    {R"(limits { request_line 64KiB }
)",
     R"(weir.conf:1:1: error: 'request_line' is larger than 'header_bytes', which counts it too
   1 | limits { request_line 64KiB }
     | ^^^^^^ make 'header_bytes' larger
)"},
    {R"(site :80 { respond 200 x type html }
)",
     R"(weir.conf:1:31: error: this is not a content type in 'type html'
   1 | site :80 { respond 200 x type html }
     |                               ^^^^ expected a type such as text/html
)"},
    {R"(site :80 { respond 200 x file y }
)",
     R"(weir.conf:1:12: error: a text and a file exclude each other
   1 | site :80 { respond 200 x file y }
     |            ^^^^^^^ take one of them away
weir.conf:1:31: error: can't read 'y'
   1 | site :80 { respond 200 x file y }
     |                               ^ No such file or directory
)"},
    {R"(upstream a { server a:1; balance hash header X-A bound 50% }
site :80 { proxy a }
)",
     R"(weir.conf:1:56: error: this bound is below the average load
   1 | upstream a { server a:1; balance hash header X-A bound 50% }
     |                                                        ^^^ expected at least 100%
)"},
    {R"("" x
)",
     R"(weir.conf:1:1: error: a directive without a name
weir.conf:1:1: error: unknown directive ''
   1 | "" x
     | ^^ expected a directive of the top level
)"},
    {R"(a { b { c { d { e { f { g { h { i { j { k { l { m { n { o { p { q { r } } } } } } } } } } } } } } } } }
)",
     R"(weir.conf:1:1: error: unknown directive 'a'
   1 | a { b { c { d { e { f { g { h { i { j { k { l { m …
     | ^ expected a directive of the top level
weir.conf:1:67: error: blocks are nested too deeply
   1 | a { b { c { d { e { f { g { h { i { j { k { l { m { n { o { p { q { r } } } } } } } } } } } } } } } } }
     |                                                                   ^ at most 16 deep
)"},
    {R"(import *.nothing
workers 2 pni
drain 5
site http://a {
    proxy shop
    header reponse set X 1
    timeot 5s
}
upstream shop { server 10.0.0.1:80 wieght 3 }
)",
     R"(weir.conf:2:11: error: unexpected 'pni' in 'workers'
   2 | workers 2 pni
     |           ^^^ expected 'workers auto|N [pin]'
weir.conf:3:7: error: a time without a unit in 'drain 5'
   3 | drain 5
     |       ^ expected ms, s, m, h or d; did you mean '5s'?
weir.conf:6:12: error: unexpected 'reponse' in 'header'
   6 |     header reponse set X 1
     |            ^^^^^^^ expected request or response; did you mean 'response'?
weir.conf:7:5: error: unknown directive 'timeot'
   7 |     timeot 5s
     |     ^^^^^^ did you mean 'timeout'?
weir.conf:9:36: error: unexpected 'wieght' in 'server'
   9 | upstream shop { server 10.0.0.1:80 wieght 3 }
     |                                    ^^^^^^ expected weight, max_connections or backup; did you mean 'weight'?
)"},
    {R"(site :80 { compress { types html text/*/* }; proxy a:1 }
)",
     R"(weir.conf:1:29: error: 'html' is no media type
   1 | site :80 { compress { types html text/*/* }; proxy a:1 }
     |                             ^^^^ expected one like 'text/html', 'text/*' or 'application/*+json'
weir.conf:1:34: error: 'text/*/*' is no media type
   1 | site :80 { compress { types html text/*/* }; proxy a:1 }
     |                                  ^^^^^^^^ expected one like 'text/html', 'text/*' or 'application/*+json'
)"},
    {R"(site :80 { compress { zstd off; br off; gzip off }; proxy a:1 }
)",
     R"(weir.conf:1:12: error: 'compress' with every coding off
   1 | site :80 { compress { zstd off; br off; gzip off }; proxy a:1 }
     |            ^^^^^^^^ expected 'compress off'
)"},
    {R"(site :80 { compress { br 11 }; proxy a:1 }
)",
     R"(weir.conf:1:26: error: this number is out of range in 'br 11'
   1 | site :80 { compress { br 11 }; proxy a:1 }
     |                          ^^ expected a whole number from 1 to 9, or off
)"},
};

TEST(Errors, AreExactlyThese) {
    for (const auto& [text, report] : kFaulty) {
        const auto loaded = load_text("weir.conf", std::string(text));
        EXPECT_EQ(loaded.report.text(), report) << text;
    }
}

// A long row of them would be walked on the stack.
TEST(Errors, WhatUsesEachOtherTooDeeply) {
    std::string policies = "site :80 { use p0; proxy u0 }\npolicy p20000 { body max 1MiB }\n";
    std::string upstreams = "upstream u20000 { server 127.0.0.1:1 }\n";
    for (int i = 0; i < 20'000; ++i) {
        const auto own = std::to_string(i);
        const auto next = std::to_string(i + 1);
        policies += "policy p" + own + " { use p" + next + " }\n";
        upstreams += "upstream u" + own + " { like u" + next + "; server 127.0.0.1:1 }\n";
    }
    const auto loaded = load_text("weir.conf", policies + upstreams);
    EXPECT_FALSE(loaded.snapshot);
    const auto text = loaded.report.text();
    EXPECT_NE(text.find("policies use each other too deeply"), std::string::npos);
    EXPECT_NE(text.find("upstreams are like each other too deeply"), std::string::npos);
    EXPECT_NE(text.find("at most 64 deep"), std::string::npos);
}

TEST(Errors, GiveNoSnapshot) {
    for (const auto& [text, report] : kFaulty) {
        const auto loaded = load_text("weir.conf", std::string(text));
        EXPECT_EQ(static_cast<bool>(loaded.snapshot), report.find(": error: ") == std::string_view::npos) << text;
    }
}

}  // namespace
}  // namespace weir::config
