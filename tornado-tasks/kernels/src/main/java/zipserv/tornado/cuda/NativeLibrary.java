package zipserv.tornado.cuda;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A C library whose functions return an int status. The C types of a call's arguments follow from the Java ones: int,
 * long (also size_t, handles and device addresses), and {@link MemorySegment} for pointers to host memory.
 */
public final class NativeLibrary {

    private static final AddressLayout POINTER = ValueLayout.ADDRESS;

    private final String name;
    private final SymbolLookup symbols;
    private final Map<String, MethodHandle> functions = new ConcurrentHashMap<>();

    private NativeLibrary(String name, SymbolLookup symbols) {
        this.name = name;
        this.symbols = symbols;
    }

    /** Loads a library by file, or by the name that the system's loader knows. Empty if there is none. */
    public static Optional<NativeLibrary> load(String nameOrPath) {
        try {
            SymbolLookup symbols = nameOrPath.contains("/")
                    ? SymbolLookup.libraryLookup(Path.of(nameOrPath), Arena.global())
                    : SymbolLookup.libraryLookup(nameOrPath, Arena.global());
            return Optional.of(new NativeLibrary(nameOrPath, symbols));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Calls a function; returns its status. */
    public int call(String function, Object... arguments) {
        MethodHandle handle = functions.computeIfAbsent(function, f -> link(f, arguments));
        try {
            return (int) handle.invokeExact(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException("call of " + function + " in " + name + " failed", e);
        }
    }

    private MethodHandle link(String function, Object[] arguments) {
        MemorySegment address = symbols.find(function).orElseThrow(
                () -> new IllegalStateException("library " + name + " has no function " + function));
        MemoryLayout[] types = Arrays.stream(arguments).map(NativeLibrary::type).toArray(MemoryLayout[]::new);
        return Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.of(ValueLayout.JAVA_INT, types))
                .asSpreader(Object[].class, arguments.length)
                .asType(MethodType.methodType(int.class, Object[].class));
    }

    private static MemoryLayout type(Object argument) {
        return switch (argument) {
            case Integer _ -> ValueLayout.JAVA_INT;
            case Long _ -> ValueLayout.JAVA_LONG;
            case MemorySegment _ -> POINTER;
            default -> throw new IllegalArgumentException("no C type for " + argument.getClass());
        };
    }
}
