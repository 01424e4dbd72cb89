#include "http/service.hpp"

#include "base/error.hpp"
#include "base/log.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <exception>

namespace sallyport::http {

Error escaped_from_service() {
    try {
        throw;
    } catch (const boost::system::system_error& error) {
        if (error.code() == boost::asio::error::operation_aborted) throw;
        log::error("exchange.threw", {{"error", error.what()}});
    } catch (const std::exception& error) {
        log::error("exchange.threw", {{"error", error.what()}});
    }
    return {Errc::failed, "the service failed"};
}

}  // namespace sallyport::http
