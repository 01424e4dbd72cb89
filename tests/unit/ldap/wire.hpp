#pragma once

#include "base/bytes.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Messages as a client or a directory writes them, in plain text of bytes.
namespace sallyport::ldap::wire {

/// In the shortest form, as every client but Microsoft's writes it.
std::string element(int tag, std::string_view content);
/// With a length of four bytes always, as Microsoft's clients write it.
std::string wide_element(int tag, std::string_view content);
std::string message(int id, std::string_view protocol, std::string_view controls = {});

std::string simple_bind(int id, std::string_view name, std::string_view password);
std::string sasl_bind(int id, std::string_view mechanism, std::string_view credentials = "secret");
std::string bind_response(int id, int code);
std::string unbind(int id);
std::string search(int id);
/// With a value of so many bytes.
std::string add(int id, std::size_t value_bytes = 10);
std::string modify(int id);
std::string remove(int id);
std::string abandon(int id);
std::string extended(int id, std::string_view oid, bool with_value = false);
std::string entry(int id, std::size_t value_bytes = 10);
std::string search_done(int id);
std::string controls();

}  // namespace sallyport::ldap::wire
