#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sallyport::net {

namespace asio = boost::asio;

/// Everything of ours that waits runs on the io_context of one thread; the concrete executor type
/// saves the type erasure of any_io_executor on every wait.
using Executor = asio::io_context::executor_type;

template <class T>
using Task = asio::awaitable<T, Executor>;

inline constexpr asio::use_awaitable_t<Executor> use_task{};

/// Completion token of every Asio operation here: errors come back as values.
inline constexpr auto as_values = asio::as_tuple(use_task);

}  // namespace sallyport::net
