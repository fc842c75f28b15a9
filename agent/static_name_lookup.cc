// Of the portable agent alone. A static glibc still loads what /etc/nsswitch.conf names (mdns, resolve, sss) from the machine,
// and with it the machine's own libc, of another version. So names are looked up by what is linked in: /etc/hosts and DNS.
#include <nss.h>

namespace {

[[maybe_unused]] const int hosts = __nss_configure_lookup("hosts", "files dns");
[[maybe_unused]] const int services = __nss_configure_lookup("services", "files");

}  // namespace
