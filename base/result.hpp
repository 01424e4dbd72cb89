#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>

#include <string>
#include <utility>

namespace sallyport {

/// Why an operation failed. `code` decides what the program does next;
/// `detail` is for the person who reads the log and is never parsed.
struct Error {
    boost::system::error_code code;
    std::string detail;
};

[[noreturn]] inline void throw_exception_from_error(const Error& e, const boost::source_location&) {
    throw boost::system::system_error(e.code, e.detail);
}

/// A value or an Error. Ignoring one is a compiler warning, and warnings are errors here.
template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
public:
    using boost::system::result<T, Error>::result;
};

/// "detail (what the code means)" for people.
std::string to_text(const Error& error);

}  // namespace sallyport
