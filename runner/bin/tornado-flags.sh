# What the JVM needs to run on the GPU through TornadoVM; sourced by the launcher.

# tornado_sdk ROOT: folder of the TornadoVM SDK to use, or nothing. An explicit TORNADOVM_HOME goes before the SDK that
# setup.sh may have installed.
tornado_sdk() {
    if [ -n "${TORNADOVM_HOME:-}" ]; then
        if [ ! -d "$TORNADOVM_HOME/share/java/tornado" ]; then
            echo "zipserv: warning: TORNADOVM_HOME is $TORNADOVM_HOME, which holds no TornadoVM SDK; see zipserv doctor" >&2
        elif [ ! -f "$TORNADOVM_HOME/etc/exportLists/ptx-exports" ]; then
            echo "zipserv: warning: the TornadoVM SDK in $TORNADOVM_HOME has no PTX backend; see zipserv doctor" >&2
        else
            printf '%s\n' "$TORNADOVM_HOME"
        fi
    elif [ -d "$1/.zipserv/tornadovm/share/java/tornado" ]; then
        printf '%s\n' "$1/.zipserv/tornadovm"
    fi
}

# tornado_flags SDK: the JVM's options, one per line. Those that open the compiler to TornadoVM come from the SDK's own
# lists.
tornado_flags() {
    local sdk=$1 list line
    # TornadoVM compiles through JVMCI, and its class files are marked as using preview features.
    printf '%s\n' -XX:+UnlockExperimentalVMOptions -XX:+EnableJVMCI --enable-preview \
        "-Djava.library.path=$sdk/lib" \
        --module-path "$sdk/share/java/tornado" \
        --upgrade-module-path "$sdk/share/java/graalJars" \
        --add-modules ALL-SYSTEM,tornado.runtime,tornado.annotation,tornado.drivers.common,tornado.drivers.ptx \
        --enable-native-access=tornado.drivers.ptx \
        -Dtornado.load.api.implementation=uk.ac.manchester.tornado.runtime.tasks.TornadoTaskGraph \
        -Dtornado.load.runtime.implementation=uk.ac.manchester.tornado.runtime.TornadoCoreRuntime \
        -Dtornado.load.tornado.implementation=uk.ac.manchester.tornado.runtime.common.Tornado \
        -Dtornado.load.annotation.implementation=uk.ac.manchester.tornado.annotation.ASMClassVisitor \
        -Dtornado.load.annotation.parallel=uk.ac.manchester.tornado.api.annotations.Parallel
    for list in common ptx; do
        while IFS= read -r line; do
            case $line in
                --*) printf '%s\n' "$line" ;;
            esac
        done <"$sdk/etc/exportLists/$list-exports"
    done
    # What our plug-in for the PTX backend uses of the compiler.
    while IFS= read -r line; do
        printf '%s\n' "--add-exports=$line=ALL-UNNAMED"
    done <"$(dirname "${BASH_SOURCE[0]}")/compiler-exports"
    # A kernel that cannot be compiled is an error, not a reason to run it on the CPU. The limit on device memory is a
    # soft one, of 4 GB unless told otherwise: the device's own should count. Fewer events save work in every launch.
    # Kernels consist of more methods than the compiler looks at unless told otherwise.
    printf '%s\n' -Dtornado.recover.bailout=False -Dtornado.device.memory=1024GB -Dtornado.max.events=1024 \
        -Djdk.graal.MethodInlineBailoutLimit=0 -Djdk.graal.MaximumDesiredSize=100000
}
