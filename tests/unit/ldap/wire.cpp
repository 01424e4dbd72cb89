#include "wire.hpp"

namespace sallyport::ldap::wire {
namespace {

constexpr int integer = 0x02, octets = 0x04, enumerated = 0x0a, sequence = 0x30;

std::string number(int value) { return element(integer, std::string(1, static_cast<char>(value))); }

std::string result(int code) {
    return element(enumerated, std::string(1, static_cast<char>(code))) + element(octets, "") +
           element(octets, "");
}

}  // namespace

std::string element(int tag, std::string_view content) {
    std::string out(1, static_cast<char>(tag));
    const auto size = content.size();
    if (size >= 0x80) {
        int bytes = size >= 0x1000000 ? 4 : size >= 0x10000 ? 3 : size >= 0x100 ? 2 : 1;
        out += static_cast<char>(0x80 + bytes);
        while (bytes-- > 0) out += static_cast<char>(size >> (8 * bytes) & 0xff);
    } else {
        out += static_cast<char>(size);
    }
    return out.append(content);
}

std::string wide_element(int tag, std::string_view content) {
    std::string out(1, static_cast<char>(tag));
    out += static_cast<char>(0x84);
    for (int bytes = 4; bytes-- > 0;) out += static_cast<char>(content.size() >> (8 * bytes));
    return out.append(content);
}

std::string message(int id, std::string_view protocol, std::string_view controls) {
    return element(sequence, number(id).append(protocol).append(controls));
}

std::string simple_bind(int id, std::string_view name, std::string_view password) {
    return message(id, element(0x60, number(3) + element(octets, name) + element(0x80, password)));
}

std::string sasl_bind(int id, std::string_view mechanism, std::string_view credentials) {
    return message(id, element(0x60, number(3) + element(octets, "") +
                                         element(0xa3, element(octets, mechanism) +
                                                           element(octets, credentials))));
}

std::string bind_response(int id, int code) { return message(id, element(0x61, result(code))); }

std::string unbind(int id) { return message(id, element(0x42, "")); }

std::string search(int id) {
    return message(id, element(0x63, element(octets, "dc=corp") + element(enumerated, "\x02") +
                                         element(enumerated, std::string(1, '\0')) + number(0) +
                                         number(0) + element(0x01, std::string(1, '\0')) +
                                         element(0x87, "objectClass") + element(sequence, "")));
}

std::string add(int id, std::size_t value_bytes) {
    const auto values = element(0x31, element(octets, std::string(value_bytes, 'x')));
    const auto attribute = element(sequence, element(octets, "jpegPhoto") + values);
    return message(id,
                   element(0x68, element(octets, "cn=a,dc=corp") + element(sequence, attribute)));
}

std::string modify(int id) {
    return message(id, element(0x66, element(octets, "cn=a,dc=corp") + element(sequence, "")));
}

std::string remove(int id) { return message(id, element(0x4a, "cn=a,dc=corp")); }

std::string abandon(int id) { return message(id, element(0x50, "\x01")); }

std::string extended(int id, std::string_view oid, bool with_value) {
    return message(
        id, element(0x77, element(0x80, oid) + (with_value ? element(0x81, "what it wants") : "")));
}

std::string entry(int id, std::size_t value_bytes) {
    return message(id, element(0x64, element(octets, "cn=a,dc=corp") +
                                         element(sequence, std::string(value_bytes, 'v'))));
}

std::string search_done(int id) { return message(id, element(0x65, result(0))); }

std::string controls() {
    return element(0xa0, element(sequence, element(octets, "1.2.840.113556.1.4.319")));
}

}  // namespace sallyport::ldap::wire
