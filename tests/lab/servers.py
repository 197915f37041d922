"""Real servers of UDP protocols, as Debian packages them: one row each, plain data.

In every text $dir stands for the server's own folder, where it runs and keeps what it writes,
$ipv4 and $ipv6 for the addresses of its host, and up0 is its interface."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Server:
    name: str
    package: str
    binary: str
    options: str                     # so that it stays in the foreground
    services: Mapping[int, str]      # the probes of the library that each port answers
    files: Mapping[str, str] = field(default_factory=dict)
    prepare: str = ""                # a line of shell before the start
    families: tuple[int, ...] = (4, 6)


CERTIFICATE = ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
               "-subj /CN=lab -keyout key.pem -out cert.pem -days 30")

# The service of inetd that is built in, once for each name.
XINETD = "defaults\n{\n}\n" + "".join(
    f"service {name}\n{{\n type = INTERNAL\n id = {name}-dgram\n socket_type = dgram\n"
    " protocol = udp\n flags = IPv6\n user = root\n wait = yes\n}\n"
    for name in ("echo", "daytime", "chargen", "time"))

SERVERS = (
    Server("avahi", "avahi-daemon", "/usr/sbin/avahi-daemon",
           "-f avahi.conf --no-drop-root --no-chroot --no-rlimits", {5353: "mdns"},
           {"avahi.conf": "[server]\nhost-name=lab\nuse-ipv6=yes\nenable-dbus=no\n"
                          "[publish]\npublish-workstation=yes\n"},
           "mkdir -p /run/avahi-daemon"),
    Server("chrony", "chrony", "/usr/sbin/chronyd", "-d -x -u root -f chrony.conf", {123: "ntp"},
           {"chrony.conf": "local stratum 10\nallow\ncmdport 0\nbindcmdaddress /\n"
                           "pidfile $dir/pid\n"}),
    Server("coap-server", "libcoap3-bin", "/usr/bin/coap-server-notls", "-A ::",
           {5683: "coap"}),
    Server("coturn", "coturn", "/usr/bin/turnserver",
           "-n -S -m 1 --no-cli --no-tls --no-dtls --no-rfc5780 -L $ipv4 -L $ipv6 "
           "-b $dir/db "
           "-l stdout --pidfile $dir/pid", {3478: "stun"}),
    Server("freeradius", "freeradius", "/usr/sbin/freeradius", "-f -d $dir -l stdout",
           {1812: "radius"},
           {"dictionary": "$$INCLUDE /usr/share/freeradius/dictionary\n",
            "radiusd.conf": """
                prefix = /usr
                libdir = /usr/lib/freeradius
                raddbdir = $dir
                logdir = $dir
                run_dir = $dir
                security {
                    reject_delay = 0
                }
                modules {
                    always reject {
                        rcode = reject
                    }
                }
                client ipv4 {
                    ipaddr = 0.0.0.0/0
                    secret = unguessed
                }
                client ipv6 {
                    ipv6addr = ::/0
                    secret = unguessed
                }
                server default {
                    listen {
                        type = auth
                        ipv4addr = *
                        port = 1812
                    }
                    listen {
                        type = auth
                        ipv6addr = ::
                        port = 1812
                    }
                    authorize {
                        reject
                    }
                }
            """}),
    Server("ganesha", "nfs-ganesha-vfs", "/usr/bin/ganesha.nfsd",
           "-F -L STDOUT -f ganesha.conf -p $dir/pid", {2049: "nfs", 20048: "mountd",
                                                        4045: "nlockmgr"},
           {"ganesha.conf": """
                NFS_CORE_PARAM {
                    Protocols = 3;
                    NFS_Port = 2049;
                    MNT_Port = 20048;
                    NLM_Port = 4045;
                    Rquota_Port = 875;
                    Enable_RQUOTA = false;
                }
            """}, "mkdir /run/rpcbind; rpcbind -w"),
    Server("gtlsserver", "ngtcp2-server", "/usr/sbin/gtlsserver",
           "-q -d $dir * 443 key.pem cert.pem", {443: "quic"}, prepare=CERTIFICATE),
    Server("gtp-echo-responder", "osmo-ggsn", "/usr/bin/gtp-echo-responder", "-l $ipv6",
           {2123: "gtp-c-v1 gtp-c-v2"}, families=(6,)),
    Server("iaxmodem", "iaxmodem", "/usr/bin/iaxmodem", "lab", {4569: "iax2"},
           {"lab": "device $dir/tty\nport 4569\nrefresh 0\nserver 127.0.0.1\npeername lab\n"},
           "mount --bind . /etc/iaxmodem", families=(4,)),
    Server("ipmi_sim", "openipmi", "/usr/bin/ipmi_sim",
           "-n -p -c $dir/lan.conf -f $dir/sim.emu -s $dir", {623: "ipmi"},
           {"lan.conf": """
                name "lab"
                set_working_mc 0x20
                startlan 1
                addr :: 623
                priv_limit admin
                allowed_auths_admin none md2 md5 straight
                guid a123456789abcdefa123456789abcdef
                endlan
                user 1 true "" "test" user 10 none md2 md5 straight
            """,
            "sim.emu": "mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02\n"
                       "mc_enable 0x20\n"}),
    Server("kamailio", "kamailio", "/usr/sbin/kamailio",
           "-DD -E -f kamailio.cfg -Y $dir -n 1 -m 16 -M 4", {5060: "sip"},
           {"kamailio.cfg": """
                disable_tcp=yes
                listen=udp:$ipv4:5060
                listen=udp:[$ipv6]:5060
                loadmodule "sl.so"
                request_route {
                    sl_send_reply("200", "OK");
                }
            """}),
    Server("knxd", "knxd", "/usr/bin/knxd",
           "-e 1.1.1 -E 1.1.2:4 -D -T -R -S -b dummy:", {3671: "knx"},
           prepare="ip route replace 224.0.0.0/4 dev up0", families=(4,)),
    Server("krb5kdc", "krb5-kdc", "/usr/sbin/krb5kdc", "-n -r LAB -P $dir/pid", {88: "kerberos"},
           {"krb5.conf": "[libdefaults]\ndefault_realm = LAB\n[logging]\nkdc = STDERR\n",
            "kdc.conf": "[kdcdefaults]\nkdc_ports = 88\n[realms]\nLAB = {\n"
                        "database_name = $dir/principal\nkey_stash_file = $dir/stash\n}\n"},
           "export KRB5_CONFIG=$dir/krb5.conf KRB5_KDC_PROFILE=$dir/kdc.conf; "
           "kdb5_util create -s -r LAB -P unguessed"),
    Server("memcached", "memcached", "/usr/bin/memcached",
           "-u root -m 64 -t 1 -l 0.0.0.0,:: -U 11211", {11211: "memcached"}),
    Server("miniupnpd", "miniupnpd", "/usr/sbin/miniupnpd", "-d -f miniupnpd.conf",
           {1900: "ssdp", 5351: "nat-pmp"},
           {"miniupnpd.conf": "ext_ifname=eth1\next_ip=1.2.3.4\nlistening_ip=up0\n"
                              "enable_natpmp=yes\nenable_upnp=yes\n"
                              "uuid=98fc3342-937a-4cb8-b839-18c15567abbb\n"},
           "ip link add eth1 type veth peer name eth2; ip addr add 203.0.113.1/24 dev eth1; "
           "ip link set eth1 up", families=(4,)),
    Server("murmurd", "mumble-server", "/usr/sbin/murmurd", "-fg -v -ini murmur.ini",
           {64738: "mumble"},
           {"murmur.ini": "database=$dir/murmur.sqlite\nlogfile=\npidfile=$dir/pid\n"
                          "bonjour=false\nallowping=true\n"},
           "chown mumble-server ."),
    Server("nmbd", "samba", "/usr/sbin/nmbd", "-F --no-process-group --debug-stdout -s smb.conf",
           {137: "netbios-ns"},
           {"smb.conf": "[global]\nnetbios name = LAB\nworkgroup = LAB\nlock directory = $dir\n"
                        "state directory = $dir\ncache directory = $dir\npid directory = $dir\n"
                        "private dir = $dir\n"}, "mkdir /run/samba", families=(4,)),
    Server("openafs", "openafs-fileserver", "/usr/sbin/bosserver",
           "-nofork -noauth -rxbind", {7007: "afs"},
           {"CellServDB": ">lab\n$ipv4 # lab\n", "ThisCell": "lab\n", "UserList": "",
            "BosConfig": ""}, "mount --bind . /etc/openafs/server; mkdir local; "
           "mount --bind local /var/lib/openafs", families=(4,)),
    Server("openssl", "openssl", "/usr/bin/openssl",
           "s_server -dtls -listen -quiet -port 5684 -cert cert.pem -key key.pem", {5684: "dtls"},
           prepare=CERTIFICATE),
    Server("openvpn", "openvpn", "/usr/sbin/openvpn",
           "--dev null --proto udp6 --port 1194 --tls-server --dh none --ca cert.pem "
           "--cert cert.pem --key key.pem", {1194: "openvpn"}, prepare=CERTIFICATE),
    Server("osmo-ggsn", "osmo-ggsn", "/usr/bin/osmo-ggsn", "-c osmo.cfg",
           {2123: "gtp-c-v1", 2152: "gtp-u"},
           {"osmo.cfg": """
                ggsn ggsn0
                 gtp state-dir $dir
                 gtp bind-ip $ipv4
                 apn internet
                  gtpu-mode tun
                  tun-device tun4
                  type-support v4
                  ip prefix dynamic 172.16.222.0/24
                  no shutdown
                 default-apn internet
                 no shutdown ggsn
            """}, families=(4,)),
    Server("osmo-mgw", "osmo-mgw", "/usr/bin/osmo-mgw", "-c osmo.cfg", {2427: "mgcp"},
           {"osmo.cfg": """
                mgcp
                 bind ip ::
                 bind port 2427
                 number endpoints 1
            """}),
    Server("ripd", "frr", "/usr/lib/frr/ripd",
           "-u frr -g frr -f ripd.conf -i $dir/pid -z $dir/zserv --vty_socket $dir -P 0",
           {520: "rip"}, {"ripd.conf": "router rip\n network up0\n"},
           "chown frr .; /usr/lib/frr/zebra -d -u frr -g frr -f /dev/null -i $dir/zebra.pid "
           "-z $dir/zserv --vty_socket $dir -P 0", families=(4,)),
    Server("ripngd", "frr", "/usr/lib/frr/ripngd",
           "-u frr -g frr -f ripngd.conf -i $dir/pid -z $dir/zserv --vty_socket $dir -P 0",
           {521: "ripng"}, {"ripngd.conf": "router ripng\n network up0\n"},
           "chown frr .; /usr/lib/frr/zebra -d -u frr -g frr -f /dev/null -i $dir/zebra.pid "
           "-z $dir/zserv --vty_socket $dir -P 0", families=(6,)),
    Server("rpcbind", "rpcbind", "/usr/sbin/rpcbind", "-f -w", {111: "rpcbind"},
           prepare="mkdir -p /run/rpcbind; chmod 777 /run /run/rpcbind"),
    Server("samba", "samba-ad-dc", "/usr/sbin/samba",
           "-F --no-process-group --debug-stdout -M single -s $dir/dc/etc/smb.conf",
           {389: "cldap"}, prepare="samba-tool domain provision --realm=LAB.INVALID "
           "--domain=LAB --adminpass=Unguessed.1 --dns-backend=NONE --targetdir=$dir/dc "
           "--host-ip=$ipv4 --option='server services=cldap' >&2"),
    Server("serf", "serf", "/usr/bin/serf",
           "agent -bind=[::]:7946 -advertise=$ipv4 -rpc-addr=127.0.0.1:7373",
           {7946: "memberlist"}),
    Server("snmpd", "snmpd", "/usr/sbin/snmpd", "-f -Lo -C -c snmpd.conf -p $dir/pid udp:161 "
           "udp6:161", {161: "snmp-v1 snmp-v2c snmp-v3"}, {"snmpd.conf": "rocommunity public\nrocommunity6 public\n"},
           "export SNMP_PERSISTENT_DIR=$dir"),
    Server("strongswan", "strongswan-charon", "/usr/lib/ipsec/charon", "",
           {500: "ike-v1 ike-v2", 4500: "ike-nat-t"},
           {"strongswan.conf": "charon {\n load_modular = no\n"
                               " load = nonce random openssl sha1 aes hmac kdf kernel-netlink"
                               " socket-default\n}\n"},
           "export STRONGSWAN_CONF=$dir/strongswan.conf"),
    Server("tftpd-hpa", "tftpd-hpa", "/usr/sbin/in.tftpd", "-L -u nobody -s $dir", {69: "tftp"}),
    Server("unbound", "unbound", "/usr/sbin/unbound", "-d -p -c unbound.conf", {53: "dns"},
           {"unbound.conf": "server:\n interface: 0.0.0.0\n interface: ::0\n"
                            " access-control: 0.0.0.0/0 allow\n access-control: ::/0 allow\n"
                            " chroot: \"\"\n username: \"\"\n directory: \"$dir\"\n"
                            " use-syslog: no\n local-zone: \".\" static\n"}),
    Server("wsdd2", "wsdd2", "/usr/sbin/wsdd2", "-i up0 -w -N LAB -G LAB", {3702: "wsd"}),
    Server("xdm", "xdm", "/usr/bin/xdm", "-nodaemon -config $dir/xdm-config", {177: "xdmcp"},
           {"xdm-config": "DisplayManager.requestPort: 177\nDisplayManager.servers: $dir/none\n"
                          "DisplayManager.accessFile: $dir/access\n"
                          "DisplayManager.pidFile: $dir/pid\nDisplayManager.authDir: $dir\n"
                          "DisplayManager.errorLogFile: $dir/log\n",
            "access": "*\n", "none": ""}),
    Server("xinetd", "xinetd", "/usr/sbin/xinetd",
           "-dontfork -f $dir/xinetd.conf -pidfile $dir/pid",
           {7: "echo", 13: "daytime", 19: "chargen", 37: "time"}, {"xinetd.conf": XINETD}),
    Server("xl2tpd", "xl2tpd", "/usr/sbin/xl2tpd",
           "-D -c xl2tpd.conf -p $dir/pid -C $dir/control -s $dir/secrets", {1701: "l2tp"},
           {"xl2tpd.conf": "[global]\nport = 1701\n[lns default]\nip range = 10.1.1.2-10.1.1.9\n"
                           "local ip = 10.1.1.1\n", "secrets": ""}, families=(4,)),
)
