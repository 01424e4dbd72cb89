#pragma once

#include "base/result.hpp"
#include "http/message.hpp"
#include "http/refusal.hpp"

#include <string>
#include <string_view>

namespace sallyport::hub {

/// The hub's name where an answer says whose fault it is (RFC 9209 section 2).
inline constexpr std::string_view culprit = "sallyport-hub";

/// Whether the answer says that it is `whose` own, and no back end's.
bool is_answer_of(const http::ResponseHead& head, std::string_view whose);

/// CONNECT would hide the request from those who must judge it (docs/PROTOCOL.md#proxy).
http::Refusal connect_refused();
http::Refusal target_refused(const Error& error);
/// 407; the reason is for the developer of the application.
http::Refusal token_refused(const Error& error);
/// 403: what proves who asks is not for that virtual host.
http::Refusal host_refused(const Error& error);
/// 400: the fields that say who asks can be read in two ways.
http::Refusal identity_refused(std::string message);
http::Refusal no_agent(std::string_view tenant, std::string_view location);
http::Refusal too_many_requests();
http::Refusal too_many_aborts();
/// The link failed before the agent answered.
http::Refusal link_failed(const Error& error);

}  // namespace sallyport::hub
